import HubChunks
import HubCore

/// A file of this machine, cut into chunks.
struct ChunkedContent: Sendable {
    let content: LocalContent
    let chunks: [Chunk]

    /// Reads and hashes `content` on several threads.
    init(_ content: LocalContent) async throws {
        _ = try content.open()
        self.content = content
        do {
            chunks = try await FileChunker().chunk(fileAt: content.path).chunks
        } catch HubError.conflict {
            throw content.changed
        }
        guard chunks.reduce(0, { $0 + $1.length }) == content.size else { throw content.changed }
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
