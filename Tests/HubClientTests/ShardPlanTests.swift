import HubChunks
import HubClient
import HubCore
import Testing

@Suite struct ShardPlanTests {
    private let digest = ContentDigest(Digest256(words: (9, 8, 7, 6)))

    private func chunk(_ number: UInt64) -> Chunk {
        Chunk(hash: XetHash(Digest256(words: (number, 0, 0, 0))), length: 10)
    }

    private func shards(_ files: [[Chunk]], limit: Int = Shard.sizeLimit) -> (plan: UploadPlan, shards: [Shard]) {
        let plan = UploadPlan(files: files, known: [:], limits: .init(xorbChunks: 2))
        let told = zip(files, plan.recipes).map { (digest: digest, chunks: $0, terms: $1) }
        return (plan, ShardPlan.shards(xorbs: plan.xorbs, files: told, limit: limit))
    }

    @Test func `a shard survives being written and read`() throws {
        let chunks = [chunk(1), chunk(2), chunk(3)]

        let (plan, shards) = shards([chunks])
        let shard = try Shard(parsing: shards[0].serializedForUpload())

        #expect(shards.count == 1)
        #expect(shard.xorbs.map(\.hash) == plan.xorbs.map(\.hash))
        #expect(shard.files[0].hash == MerkleTree.fileHash(chunks))
        #expect(shard.files[0].digest == digest)
        #expect(shard.files[0].terms.map(\.length) == [20, 10])
        #expect(
            shard.files[0].verification == [
                XetHasher.verification([chunk(1).hash, chunk(2).hash]), XetHasher.verification([chunk(3).hash]),
            ])
    }

    @Test func `an empty file is told with no terms`() {
        let file = shards([[]]).shards.first?.files.first
        #expect(file?.hash == .zero)
        #expect(file?.terms.isEmpty == true)
    }

    @Test func `over the limit, xorbs come before the files that use them`() {
        let (plan, shards) = shards([[chunk(1), chunk(2), chunk(3)], [chunk(4)]], limit: 200)

        #expect(shards.count > 1)
        #expect(shards.flatMap(\.xorbs).map(\.hash) == plan.xorbs.map(\.hash))
        #expect(shards.flatMap(\.files).count == 2)
        #expect(shards.last?.xorbs.isEmpty == true)
    }

    @Test func `nothing to tell is no shard`() {
        #expect(shards([]).shards.isEmpty)
    }
}
