import HubCore

/// Gathers the shard of an upload: files as runs of chunks in xorbs, and the xorbs made for it.
package struct UploadShard: Sendable {
    private var files: [Shard.File] = []
    private var xorbs: [Shard.Xorb] = []
    private var records = 0

    package init() {}

    package var isEmpty: Bool { files.isEmpty && xorbs.isEmpty }

    /// The length of ``serialized`` so far, in bytes; a shard must stay below ``Shard/sizeLimit``.
    package var serializedSize: Int { (records + 3) * Shard.recordSize }

    /// Lists a xorb that was uploaded for this shard.
    package mutating func add(_ xorb: XorbLayout) {
        let chunks = xorb.entries.map { Shard.ChunkRecord(chunk: $0.chunk, isDedupEligible: $0.chunk.isDedupAnchor) }
        xorbs.append(Shard.Xorb(hash: xorb.hash, chunks: chunks))
        records += 1 + chunks.count
    }

    /// Adds a file, whose chunks stand at these places, in order.
    ///
    /// - Parameter places: One a chunk.
    package mutating func add(_ file: ChunkedFile, places: [ChunkPlace]) {
        precondition(places.count == file.chunks.count)
        var terms: [Shard.Term] = []
        var verification: [XetHash] = []
        var first = 0
        while first < places.count {
            let end = Self.endOfRun(from: first, places: places)
            let run = file.chunks[first..<end]
            let start = places[first].position
            terms.append(
                Shard.Term(
                    span: ChunkSpan(xorb: places[first].xorb, chunks: start..<start + run.count),
                    length: run.reduce(0) { $0 + $1.length }))
            verification.append(XetHasher.verification(run.map(\.hash)))
            first = end
        }
        files.append(
            Shard.File(hash: file.fileHash, terms: terms, verification: verification, digest: file.digest))
        records += 2 + 2 * terms.count
    }

    package var serialized: [UInt8] { Shard(files: files, xorbs: xorbs).serializedForUpload() }

    /// One past the last chunk that follows the one before it in the same xorb.
    private static func endOfRun(from first: Int, places: [ChunkPlace]) -> Int {
        var end = first + 1
        while end < places.count, places[end].xorb == places[first].xorb,
            places[end].position == places[end - 1].position + 1
        {
            end += 1
        }
        return end
    }
}
