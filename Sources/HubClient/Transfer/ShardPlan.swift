package import HubChunks
package import HubCore

/// How what was uploaded is told to the hub: files, and the xorbs they begin to use.
package enum ShardPlan {
    private static let recordSize = 48

    /// Shards of at most about `limit` bytes, to be sent in this order: a xorb is told no later than the files
    /// that use it.
    ///
    /// One file that alone needs more than `limit` has a shard of its own.
    package static func shards(
        xorbs: [UploadPlan.Xorb], files: [(digest: ContentDigest, chunks: [Chunk], terms: [UploadPlan.Term])],
        limit: Int = Shard.sizeLimit / 2
    ) -> [Shard] {
        var shards: [Shard] = []
        var open = Shard(files: [], xorbs: [])
        var size = 0
        func makeRoom(for records: Int) {
            if size > 0, size + records * recordSize > limit {
                shards.append(open)
                open = Shard(files: [], xorbs: [])
                size = 0
            }
            size += records * recordSize
        }
        for xorb in xorbs {
            makeRoom(for: 1 + xorb.pieces.count)
            open.xorbs.append(
                Shard.Xorb(hash: xorb.hash, chunks: xorb.pieces.map { Shard.ChunkRecord(chunk: $0.chunk) }))
        }
        for file in files {
            makeRoom(for: 2 + 2 * file.terms.count)
            open.files.append(self.file(file.digest, file.chunks, file.terms))
        }
        return size > 0 ? shards + [open] : shards
    }

    private static func file(_ digest: ContentDigest, _ chunks: [Chunk], _ terms: [UploadPlan.Term]) -> Shard.File {
        Shard.File(
            hash: MerkleTree.fileHash(chunks),
            terms: terms.map { Shard.Term(span: $0.span, length: $0.chunks.reduce(0) { $0 + $1.length }) },
            verification: terms.map { XetHasher.verification($0.chunks.map(\.hash)) },
            digest: digest)
    }
}
