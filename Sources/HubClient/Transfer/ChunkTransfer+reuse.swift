import HubAPI
import HubChunks
import HubCore

// What a download need not fetch because it is here already, in other files: mostly in an earlier version.
extension ChunkTransfer {
    /// Smaller files are not worth the questions.
    static let smallest = 1 << 20

    /// So many files are looked into, those of the most alike size first, though no more bytes than what is wanted has;
    /// and so many are cut into chunks whole.
    private static let samplesLimit = 64
    private static let filesLimit = 8

    /// So many times as much as is wanted is read for its sake, at most.
    private static let effort = 4

    /// So much of a large file is looked into, at three places.
    private static let sampleSize = 512 << 10

    /// For so much of a file one question asks where its chunks are, and of so much that is asked.
    private static let stretch = 1 << 30
    private static let stretchesLimit = 64

    /// Finds chunks of the file `name` in `sources`.
    ///
    /// Files that share nothing are found out by a look at a few places. A hub that answers no such questions leads to
    /// nothing found, and so does a file that cannot be read.
    func localChunks(
        of pointer: LFSPointer, named name: XetHash, among sources: [LocalSource]
    ) async throws -> LocalChunks {
        var found = LocalChunks()
        let near = sources.filter { $0.size >= Self.smallest / 4 }
            .sorted { (abs($0.size - pointer.size), $0.path) < (abs($1.size - pointer.size), $1.path) }
        guard pointer.size >= Self.smallest, !near.isEmpty else { return found }
        do {
            let wanted = try await wantedChunks(of: name, size: pointer.size)
            var left = pointer.size * Self.effort
            let looked = Self.affordable(near, for: pointer.size)
            for source in try await alike(looked, wanted) where source.size <= left {
                left -= source.size
                try await add(source, to: &found, wanted)
            }
        } catch HubError.notFound, HubError.forbidden {
            return LocalChunks()
        }
        return found
    }

    /// The first of `sources`, and those after it as long as looking into them reads no more than `size` bytes.
    private static func affordable(_ sources: [LocalSource], for size: Int) -> ArraySlice<LocalSource> {
        var left = size
        let rest = sources.dropFirst().prefix(samplesLimit - 1).prefix { source in
            left -= min(source.size, 3 * sampleSize)
            return left >= 0
        }
        return sources.prefix(1 + rest.count)
    }

    private func wantedChunks(of name: XetHash, size: Int) async throws -> WantedChunks {
        var wanted = WantedChunks()
        for start in stride(from: 0, to: size, by: Self.stretch).prefix(Self.stretchesLimit) {
            let range = start..<min(start + Self.stretch, size)
            let body = try await cas.reconstruction(of: name, range: range)
            _ = try ReconstructionPlan(body, count: range.count)
            wanted.add(body.terms)
        }
        wanted.sort()
        return wanted
    }

    /// Those sources that share chunks, the best first.
    private func alike(
        _ sources: some Collection<LocalSource>, _ wanted: WantedChunks
    ) async throws -> [LocalSource] {
        var hashes: [XetHash] = []
        var owners: [LocalSource] = []
        for source in sources {
            let sample = try Self.sample(of: source)
            hashes += sample
            owners += sample.map { _ in source }
        }
        var shared: [LocalSource: Int] = [:]
        for (owner, location) in zip(owners, try await lookup(hashes)) {
            if let location, wanted.contains(location) { shared[owner, default: 0] += 1 }
        }
        let best = shared.sorted { ($1.value, $0.key.path) < ($0.value, $1.key.path) }
        return best.prefix(Self.filesLimit).map(\.key)
    }

    /// Some chunks of a file; none if it is gone.
    ///
    /// Wherever one begins to cut, the cuts are the file's own after a chunk or two.
    private static func sample(of source: LocalSource) throws -> [XetHash] {
        guard let file = try open(source) else { return [] }
        let isWhole = source.size <= 3 * sampleSize
        let places = isWhole ? [0] : (0..<3).map { $0 * (source.size - sampleSize) / 2 }
        var hashes: [XetHash] = []
        for place in places {
            var chunker = GearChunker()
            let bytes = try file.read(at: place, count: isWhole ? source.size : sampleSize)
            let chunks = chunker.append(bytes).chunks + chunker.finish().chunks
            hashes += (place == 0 ? chunks[...] : chunks.dropFirst()).map(\.hash)
        }
        return hashes
    }

    private func add(_ source: LocalSource, to found: inout LocalChunks, _ wanted: WantedChunks) async throws {
        guard !found.isFull, let file = try Self.open(source) else { return }
        let chunks: [Chunk]
        do {
            chunks = try await FileChunker().chunk(fileAt: source.path).chunks
        } catch HubError.conflict, HubError.notFound {
            return
        }
        let number = found.add(file)
        var offset = 0
        for (chunk, location) in zip(chunks, try await lookup(chunks.map(\.hash))) {
            if let location, wanted.contains(location) {
                found.add(.init(file: number, offset: offset, chunk: chunk), at: location)
            }
            offset += chunk.length
        }
    }

    private func lookup(_ hashes: [XetHash]) async throws -> [ChunkLocation?] {
        var locations: [ChunkLocation?] = []
        for start in stride(from: 0, to: hashes.count, by: ChunkLookup.batchSize) {
            let batch = Array(hashes[start..<min(start + ChunkLookup.batchSize, hashes.count)])
            locations += try await cas.lookup(batch, as: .read)
        }
        return locations
    }

    /// The open file, if it is still there and of its size.
    private static func open(_ source: LocalSource) throws -> LocalFile? {
        do {
            let file = try LocalFile.open(source.path, for: .reading)
            return try file.size() == source.size ? file : nil
        } catch HubError.notFound, HubError.forbidden {
            return nil
        }
    }
}
