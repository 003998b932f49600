import HubChunks
import HubClient
import HubCore
import Testing

@Suite struct UploadPlanTests {
    private func chunk(_ number: UInt64, _ length: Int = 10) -> Chunk {
        Chunk(hash: hash(number), length: length)
    }

    private func hash(_ number: UInt64) -> XetHash { XetHash(Digest256(words: (number, 0, 0, 0))) }

    private func plan(
        _ files: [[Chunk]], known: [XetHash: ChunkLocation] = [:], limits: UploadPlan.Limits = .init()
    ) -> UploadPlan {
        UploadPlan(files: files, known: known, limits: limits)
    }

    @Test func `a new file is one term of one xorb`() {
        let plan = plan([[chunk(1), chunk(2), chunk(3, 5)]])

        #expect(plan.xorbs.count == 1)
        #expect(plan.xorbs[0].pieces.map(\.offset) == [0, 10, 20])
        #expect(plan.xorbs[0].hash == MerkleTree.xorbHash([chunk(1), chunk(2), chunk(3, 5)]))
        #expect(plan.recipes[0].map(\.span) == [ChunkSpan(xorb: plan.xorbs[0].hash, chunks: 0..<3)])
        #expect(plan.recipes[0].map(\.chunks) == [[chunk(1), chunk(2), chunk(3, 5)]])
        #expect(plan.bytesToSend == 25)
        #expect(plan.bytesDeduplicated == 0)
    }

    @Test func `known chunks do not travel and neighbours among them join`() {
        let old = hash(99)
        let known = [
            hash(1): ChunkLocation(xorb: old, index: 7), hash(2): ChunkLocation(xorb: old, index: 8),
            hash(4): ChunkLocation(xorb: old, index: 3),
        ]

        let plan = plan([[chunk(1), chunk(2), chunk(3), chunk(4)]], known: known)

        #expect(plan.recipes[0].map(\.span.chunks) == [7..<9, 0..<1, 3..<4])
        #expect(plan.recipes[0].map(\.span.xorb) == [old, plan.xorbs[0].hash, old])
        #expect(plan.xorbs.flatMap(\.pieces).map(\.chunk.hash) == [hash(3)])
        #expect(plan.bytesDeduplicated == 30)
    }

    @Test func `a chunk that comes again travels once, across files too`() {
        let plan = plan([[chunk(1), chunk(2), chunk(1)], [chunk(2), chunk(3)]])

        #expect(plan.xorbs.flatMap(\.pieces).map(\.chunk.hash) == [hash(1), hash(2), hash(3)])
        #expect(plan.recipes[0].map(\.span.chunks) == [0..<2, 0..<1])
        #expect(plan.recipes[1].map(\.span.chunks) == [1..<3])
        #expect(plan.xorbs[0].pieces[2].file == 1)
        #expect(plan.xorbs[0].pieces[2].offset == 10)
        #expect(plan.bytesDeduplicated == 20)
    }

    @Test func `a xorb ends before it holds too many bytes`() {
        let plan = plan([[chunk(1), chunk(2), chunk(3)]], limits: .init(xorbBytes: 20))

        #expect(plan.xorbs.map(\.byteCount) == [20, 10])
        #expect(plan.recipes[0].map(\.span.chunks) == [0..<2, 0..<1])
    }

    @Test func `a xorb ends before it holds too many chunks`() {
        let plan = plan([[chunk(1), chunk(2), chunk(3)]], limits: .init(xorbChunks: 1))
        #expect(plan.xorbs.map(\.pieces.count) == [1, 1, 1])
    }

    @Test func `an empty file has no terms and no xorb`() {
        let plan = plan([[]])
        #expect(plan.recipes == [[]])
        #expect(plan.xorbs.isEmpty)
    }
}
