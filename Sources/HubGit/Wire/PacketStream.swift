/// Reads packets out of bytes that arrive piece by piece.
struct PacketStream<Bytes: AsyncIteratorProtocol> where Bytes.Element == [UInt8] {
    private var bytes: Bytes
    private var pending: [UInt8] = []
    private var place = 0

    init(_ bytes: Bytes) { self.bytes = bytes }

    /// The next packet, or nil where the bytes end; an end inside a packet is a ``GitError`` (`.endOfFile`).
    mutating func next() async throws -> PacketLine? {
        guard try await fill(4) else {
            guard place == pending.count else { throw Self.cut }
            return nil
        }
        let length = try PacketLine.length(pending[place..<place + 4])
        guard length > 1 else {
            place += 4
            return length == 0 ? .flush : .delimiter
        }
        guard try await fill(length) else { throw Self.cut }
        defer { place += length }
        return .data(Array(pending[(place + 4)..<(place + length)]))
    }

    /// Waits until `count` bytes are there; false if they do not come.
    private mutating func fill(_ count: Int) async throws -> Bool {
        while pending.count - place < count {
            pending.removeFirst(place)
            place = 0
            guard let more = try await bytes.next() else { return false }
            pending += more
        }
        return true
    }

    private static var cut: GitError {
        GitError(code: .endOfFile, message: "the request ends in the middle of a packet")
    }
}
