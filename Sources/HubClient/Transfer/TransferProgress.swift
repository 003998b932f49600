/// How far a transfer is.
package struct TransferProgress: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Local files are cut into chunks and hashed.
        case hashing
        /// The hub is asked which chunks it lacks.
        case asking
        case uploading
        case downloading
    }

    package var phase: Phase

    /// Of the files' bytes, how many this phase is done with; deduplicated ones count as done.
    package var bytesDone: Int
    package var bytesTotal: Int

    /// Bytes that crossed the network in this transfer, as they were on the wire.
    package var bytesSent: Int

    /// Of the files' bytes, those that need not travel.
    package var bytesDeduplicated: Int

    package init(
        phase: Phase, bytesDone: Int = 0, bytesTotal: Int = 0, bytesSent: Int = 0, bytesDeduplicated: Int = 0
    ) {
        self.phase = phase
        self.bytesDone = bytesDone
        self.bytesTotal = bytesTotal
        self.bytesSent = bytesSent
        self.bytesDeduplicated = bytesDeduplicated
    }
}
