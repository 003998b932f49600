import HubChunks
import HubCore

/// A file of this machine, cut into chunks.
struct ChunkedContent: Sendable {
    let content: LocalContent
    let chunks: [Chunk]

    /// How much is read at once.
    private static let readSize = 4 << 20

    /// Reads and hashes `content`; `progress` is told the bytes of each read.
    init(_ content: LocalContent, progress: (Int) -> Void) throws {
        let file = try content.open()
        var chunker = GearChunker()
        var chunks: [Chunk] = []
        var offset = 0
        while offset < content.size {
            try Task.checkCancellation()
            let bytes = try file.read(at: offset, count: min(Self.readSize, content.size - offset))
            guard !bytes.isEmpty else { throw content.changed }
            chunks += chunker.append(bytes).chunks
            offset += bytes.count
            progress(bytes.count)
        }
        self.content = content
        self.chunks = chunks + chunker.finish().chunks
    }
}

extension LocalContent {
    /// What to say when the file is not what its pointer names.
    var changed: HubError {
        .invalid("\(path) changed since it was added; add it again before it is uploaded")
    }

    /// The open file, if it has the size its pointer names.
    func open() throws -> LocalFile {
        let file = try LocalFile.open(path, for: .reading)
        guard try file.size() == size else { throw changed }
        return file
    }
}
