package import HubAPI
package import HubChunks
import HubCore

/// A file of this machine that may hold chunks of what is to be fetched.
package struct LocalSource: Sendable, Hashable {
    package var path: String
    package var size: Int

    package init(path: String, size: Int) {
        self.path = path
        self.size = size
    }
}

/// Chunks that lie in files of this machine, by where the hub keeps them.
///
/// What is read is hashed again, so that a file that changed meanwhile only costs the saving.
package struct LocalChunks: Sendable {
    package struct Place: Sendable, Hashable {
        /// The file's place among the files that were added.
        let file: Int
        let offset: Int
        let chunk: Chunk

        package init(file: Int, offset: Int, chunk: Chunk) {
            self.file = file
            self.offset = offset
            self.chunk = chunk
        }
    }

    /// So many are remembered at most: some 50 MB, for 32 GiB of content.
    static let limit = 1 << 19

    private(set) var count = 0
    private var files: [LocalFile] = []
    private var places: [XetHash: [Int: Place]] = [:]

    package init() {}

    var isFull: Bool { count >= Self.limit }

    /// Adds an open file, whose chunks can then be added.
    package mutating func add(_ file: LocalFile) -> Int {
        files.append(file)
        return files.count - 1
    }

    /// Adds a chunk; the first place of two counts.
    package mutating func add(_ place: Place, at location: ChunkLocation) {
        guard !isFull, places[location.xorb]?[location.index] == nil else { return }
        places[location.xorb, default: [:]][location.index] = place
        count += 1
    }

    package func place(of location: ChunkLocation) -> Place? { places[location.xorb]?[location.index] }

    /// Whether some of a term's chunks lie here.
    package func holdSome(of term: ReconstructionBody.Term) -> Bool {
        guard let known = places[term.hash] else { return false }
        return (term.range.start..<term.range.end).contains { known[$0] != nil }
    }

    /// The bytes of a chunk; nil if they are no longer there.
    package func read(_ place: Place) throws -> [UInt8]? {
        let bytes = try files[place.file].read(at: place.offset, count: place.chunk.length)
        let found = unsafe bytes.withUnsafeBytes { unsafe XetHasher.chunks([UInt32($0.count)], of: $0) }
        return found == [place.chunk] ? bytes : nil
    }
}
