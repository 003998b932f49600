import HubCore

/// A large file of a pack whose bytes rest in chunks.
struct ChunkedBlob: Sendable {
    let header: ObjectHeader
    let content: ContentDigest?
}

/// The entry of a pack for a large file, made while it is sent: a piece of the file is in memory.
struct ChunkedBlobStream {
    private let reader: any ByteReader
    private let deflater: Deflater
    private var start: [UInt8]?
    private var place = 0
    private var hasEnded = false

    private static let pieceLength = 1 << 20

    init(_ blob: ChunkedBlob, _ reader: any ByteReader) throws(GitError) {
        self.reader = reader
        deflater = try Deflater()
        start = PackFormat.entryHeader(blob.header)
    }

    /// The next bytes of the entry; nil behind its end.
    mutating func next() async throws -> [UInt8]? {
        if let start {
            self.start = nil
            return start
        }
        while !hasEnded {
            let end = min(place + Self.pieceLength, reader.count)
            let bytes = try await reader.read(place..<end)
            place = end
            hasEnded = end == reader.count
            let made = try deflater.deflate(bytes, isLast: hasEnded)
            if !made.isEmpty { return made }
        }
        return nil
    }
}
