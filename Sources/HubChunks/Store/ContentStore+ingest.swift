import Crypto
import HubCore
import HubDatabase

extension ContentStore {
    /// Takes a whole file from someone who does not chunk: an LFS upload, a merge's output.
    ///
    /// Chunks the store has anywhere are not stored again: the caller sent the bytes, so nothing is given away.
    /// Memory is bounded by one xorb (``ContentStoreOptions/ingestXorbCapacity``).
    package func ingest<Body: AsyncSequence>(
        _ bytes: Body, lease: Lease
    ) async throws -> StoredContent where Body.Element == [UInt8] {
        var ingest = Ingest(store: self, lease: lease)
        for try await piece in bytes { try await ingest.take(piece) }
        return try await ingest.finish()
    }

    /// As ``ingest(_:lease:)``, for bytes that someone hands over piece by piece.
    package func ingest(
        lease: Lease, _ produce: (_ take: ([UInt8]) async throws -> Void) async throws -> Void
    ) async throws -> StoredContent {
        var ingest = Ingest(store: self, lease: lease)
        try await produce { piece in try await ingest.take(piece) }
        return try await ingest.finish()
    }
}

/// One file's way into the store.
private struct Ingest {
    /// A run of the file, in a stored xorb or in the one being built (nil).
    private struct Run {
        var xorb: Int64?
        var chunks: Range<Int>
        var length: Int
    }

    private let store: ContentStore
    private let lease: Lease
    private var hasher = SHA256()
    private var chunker = GearChunker()
    private var builder: XorbBuilder
    private var size = 0
    private var chunks: [Chunk] = []
    private var runs: [Run] = []

    /// Positions in the xorb being built.
    private var building: [XetHash: Int] = [:]

    /// Stored xorbs this file uses, held until it is recorded.
    private var held: Set<Int64> = []

    /// Bytes at which chunks are looked up in the database together.
    private static let lookupSize = 4 << 20
    private var waiting: [UInt8] = []

    init(store: ContentStore, lease: Lease) {
        self.store = store
        self.lease = lease
        builder = XorbBuilder(capacity: store.options.ingestXorbCapacity)
    }

    mutating func take(_ piece: [UInt8]) async throws {
        waiting += piece
        if waiting.count >= Self.lookupSize { try await takeWaiting() }
    }

    mutating func finish() async throws -> StoredContent {
        try await takeWaiting()
        try await place(chunker.finish())
        try await storeXorb()
        let content = StoredContent(
            digest: ContentDigest(hasher.finalize()), size: size, fileHash: MerkleTree.fileHash(chunks))
        let terms = runs.compactMap { run in
            run.xorb.map { StoredTerm(xorb: $0, chunks: run.chunks, length: run.length) }
        }
        try await store.keep(content, terms: terms, lease: lease)
        return content
    }

    private mutating func takeWaiting() async throws {
        let bytes = waiting
        waiting = []
        size += bytes.count
        // SHA-256 costs as much as all the rest, so it runs beside it.
        async let hashed = Self.hash(bytes, into: hasher)
        try await place(chunker.append(bytes))
        hasher = await hashed
    }

    private static func hash(_ bytes: [UInt8], into hasher: SHA256) async -> SHA256 {
        var hasher = hasher
        hasher.update(data: bytes)
        return hasher
    }

    /// Finds or makes a place for each chunk of the batch.
    private mutating func place(_ batch: ChunkBatch) async throws {
        guard !batch.isEmpty else { return }
        chunks += batch.chunks
        let places = try await storedPlaces(of: batch.chunks)
        var offset = 0
        for (chunk, candidates) in zip(batch.chunks, places) {
            let range = offset..<offset + chunk.length
            offset = range.upperBound
            if let stored = preferred(candidates) {
                append(chunk, xorb: stored.xorb, position: stored.position)
            } else if let position = building[chunk.hash] {
                append(chunk, xorb: nil, position: position)
            } else {
                if builder.isFull { try await storeXorb() }
                let position = batch.bytes.withUnsafeBytes {
                    builder.add(chunk, bytes: UnsafeRawBufferPointer(rebasing: $0[range]))
                }
                building[chunk.hash] = position
                append(chunk, xorb: nil, position: position)
            }
        }
    }

    /// Where the store has the chunks; the xorbs are held, so that no sweep takes them before the file is recorded.
    private mutating func storedPlaces(of chunks: [Chunk]) async throws -> [[StoredPlace]] {
        let found = try await store.database.read { connection in
            try chunks.map { try ContentStore.places(of: $0.hash, in: connection) }
        }
        let new = Set(found.joined().map(\.xorb)).subtracting(held)
        guard !new.isEmpty else { return found }
        let expiry = store.options.now() + store.options.leaseDuration
        let alive = try await reportingFullDatabase {
            try await store.database.write { [lease] connection in
                try new.filter { xorb in
                    guard try connection.queryOne("SELECT 1 FROM chunk_xorb WHERE id = ?", [xorb]) != nil else {
                        return false
                    }
                    try ContentStore.leaseXorb(xorb, lease, sent: false, until: expiry, in: connection)
                    return true
                }
            }
        }
        held.formUnion(alive)
        return found.map { places in places.filter { held.contains($0.xorb) } }
    }

    /// The place that continues the last run, or else the first.
    private func preferred(_ places: [StoredPlace]) -> StoredPlace? {
        guard let last = runs.last else { return places.first }
        return places.first { $0.xorb == last.xorb && $0.position == last.chunks.upperBound } ?? places.first
    }

    private mutating func append(_ chunk: Chunk, xorb: Int64?, position: Int) {
        if let last = runs.last, last.xorb == xorb, last.chunks.upperBound == position,
            last.length + chunk.length <= Int(UInt32.max)
        {
            runs[runs.count - 1].chunks = last.chunks.lowerBound..<position + 1
            runs[runs.count - 1].length += chunk.length
        } else {
            runs.append(Run(xorb: xorb, chunks: position..<position + 1, length: chunk.length))
        }
    }

    private mutating func storeXorb() async throws {
        guard let xorb = builder.take() else { return }
        let file = try reportingFullDisk { try ScratchFile(in: store.scratch) }
        try await file.write(xorb.body)
        let id = try await store.keep(xorb.layout, in: file, lease: lease, for: store.options.leaseDuration)
        held.insert(id)
        building.removeAll(keepingCapacity: true)
        for index in runs.indices where runs[index].xorb == nil { runs[index].xorb = id }
    }
}
