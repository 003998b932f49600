package import HubCore

/// A large file on this machine, named by the digest its pointer carries.
package struct LocalContent: Sendable, Hashable {
    package var path: String
    package var digest: ContentDigest
    package var size: Int

    package init(path: String, digest: ContentDigest, size: Int) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// What an upload did.
package struct UploadSummary: Sendable, Equatable {
    package var files = 0

    /// Of the files, before deduplication.
    package var bytes = 0

    /// On the wire, compressed.
    package var bytesSent = 0

    /// Of `bytes`, those that need not travel: the hub had them, or they came earlier in the same upload.
    package var bytesDeduplicated = 0
    package var xorbs = 0

    package init() {}
}

/// Content to fetch, and where to put it.
package struct DownloadItem: Sendable, Hashable {
    package var pointer: LFSPointer

    /// A file's path in a folder that exists; the file appears there whole and verified, or not at all.
    package var destination: String

    package init(pointer: LFSPointer, destination: String) {
        self.pointer = pointer
        self.destination = destination
    }
}

/// Moves large files between this machine and one repository, sending only chunks that the other side lacks.
package struct ContentTransfer: Sendable {
    package let connection: HubConnection
    package let repository: RepositoryID
    let cas: CASConnection

    package init(connection: HubConnection, repository: RepositoryID) {
        self.connection = connection
        self.repository = repository
        cas = CASConnection(connection: connection, repository: repository)
    }

    package typealias ProgressHandler = @Sendable (TransferProgress) -> Void
}
