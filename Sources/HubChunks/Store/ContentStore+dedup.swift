package import HubCore
import HubDatabase

/// Where a stored chunk is.
package struct ChunkPlace: Hashable, Sendable {
    package let xorb: XetHash

    /// The chunk's position in the xorb.
    package let position: Int

    package init(xorb: XetHash, position: Int) {
        self.xorb = xorb
        self.position = position
    }
}

extension ContentStore {
    /// Where each of the chunks is stored, as far as the caller may know; nil for all others.
    ///
    /// A caller may know what it sent itself (`lease`), what the lease's repository holds, and what repositories
    /// hold that it may read.
    package func lookupChunks(
        _ hashes: [XetHash], lease: Lease?, mayRead: @escaping ScopeAccess
    ) async throws -> [ChunkPlace?] {
        var visibility = Visibility(database: database, lease: lease, now: options.now(), mayRead: mayRead)
        let places = try await database.read { connection in
            try hashes.map { try Self.places(of: $0, in: connection) }
        }
        var found: [ChunkPlace?] = []
        found.reserveCapacity(hashes.count)
        var previous: StoredPlace?
        for candidates in places {
            let next = previous.map { StoredPlace(xorb: $0.xorb, hash: $0.hash, position: $0.position + 1) }
            // The chunk after the last one first: runs of chunks make short recipes.
            let ordered = candidates.filter { $0 == next } + candidates.filter { $0 != next }
            var place: StoredPlace?
            for candidate in ordered where place == nil {
                let visible = try await visibility.visibleChunks(of: candidate.xorb)
                if visible.contains(candidate.position) { place = candidate }
            }
            previous = place
            found.append(place.map { ChunkPlace(xorb: $0.hash, position: $0.position) })
        }
        return found
    }

    /// Whether the caller may use all of a stored xorb, so that it need not send it.
    ///
    /// False too when there is no such xorb: the two must look the same.
    package func mayUse(xorb: XetHash, lease: Lease?, mayRead: @escaping ScopeAccess) async throws -> Bool {
        guard let stored = try await XorbCache(database: database).xorb(xorb) else { return false }
        var visibility = Visibility(database: database, lease: lease, now: options.now(), mayRead: mayRead)
        return try await visibility.visibleChunks(of: stored.id).contains(stored.layout.entries.indices)
    }

    /// The answer to a Xet client's deduplication query: a shard with the xorb that holds the chunk, or nil.
    ///
    /// Chunk hashes are keyed, and chunks the caller may not know are replaced by noise.
    package func dedupShard(
        for chunk: XetHash, lease: Lease?, mayRead: @escaping ScopeAccess
    ) async throws -> [UInt8]? {
        let now = options.now()
        var visibility = Visibility(database: database, lease: lease, now: now, mayRead: mayRead)
        let candidates = try await database.read { try Self.places(of: chunk, in: $0) }
        for candidate in candidates {
            let visible = try await visibility.visibleChunks(of: candidate.xorb)
            guard visible.contains(candidate.position) else { continue }
            let xorb = try await XorbCache(database: database).xorb(candidate.xorb)
            let shard = Shard(files: [], xorbs: [Self.answer(for: xorb.layout, visible: visible)])
            return shard.serialized(
                key: dedupKey, created: UInt64(now), expiry: UInt64(now + options.dedupAnswerLifetime),
                withLookups: false)
        }
        return nil
    }

    private static func answer(for layout: XorbLayout, visible: ChunkRanges) -> Shard.Xorb {
        var generator = SystemRandomNumberGenerator()
        let chunks = layout.entries.enumerated().map { position, entry in
            guard !visible.contains(position) else { return Shard.ChunkRecord(chunk: entry.chunk) }
            let noise = Digest256(words: (generator.next(), generator.next(), generator.next(), generator.next()))
            return Shard.ChunkRecord(chunk: Chunk(hash: XetHash(noise), length: Chunk.minimumLength))
        }
        // The length of all chunks together would tell that of the hidden ones.
        return Shard.Xorb(hash: layout.hash, chunks: chunks, serializedSize: 0)
    }

    /// A chunk can lie in any number of xorbs; so many are looked at.
    private static let placesLimit = 16

    static func places(of chunk: XetHash, in connection: any SQLConnection) throws -> [StoredPlace] {
        try connection.query(
            """
            SELECT chunk_place.xorb_id, chunk_xorb.hash, chunk_place.position
            FROM chunk_place JOIN chunk_xorb ON chunk_xorb.id = chunk_place.xorb_id
            WHERE chunk_place.hash = ? ORDER BY chunk_place.xorb_id, chunk_place.position LIMIT ?
            """, [chunk, placesLimit]
        ).map { StoredPlace(xorb: try $0.int64(0), hash: try $0.xetHash(1), position: try $0.int(2)) }
    }
}

struct StoredPlace: Hashable, Sendable {
    let xorb: Int64
    let hash: XetHash
    let position: Int
}
