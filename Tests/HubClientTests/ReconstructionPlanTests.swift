import HubAPI
import HubClient
import HubCore
import Testing

@Suite struct ReconstructionPlanTests {
    private typealias Body = ReconstructionBody
    private let xorb = XetHash(Digest256(words: (1, 2, 3, 4)))

    private func term(_ chunks: Range<Int>, _ length: Int) -> ReconstructionBody.Term {
        .init(hash: xorb, unpackedLength: length, range: .init(start: chunks.lowerBound, end: chunks.upperBound))
    }

    private func body(
        _ terms: [ReconstructionBody.Term], skip: Int = 0, chunks: Range<Int> = 10..<20,
        bytes: ClosedRange<Int> = 100...999
    ) -> ReconstructionBody {
        let range = Body.FetchRange(
            chunks: .init(start: chunks.lowerBound, end: chunks.upperBound),
            bytes: .init(start: bytes.lowerBound, end: bytes.upperBound))
        return Body(
            offsetIntoFirstRange: skip, terms: terms, xorbs: [xorb.string: [.init(url: "/u", ranges: [range])]])
    }

    @Test func `terms of one fetch share it and count from its first chunk`() throws {
        let plan = try ReconstructionPlan(body([term(12..<14, 300), term(10..<11, 100)], skip: 50), count: 320)

        #expect(plan.fetches.map(\.bytes) == [100..<1000])
        #expect(plan.fetches.map(\.chunks) == [10..<20])
        #expect(plan.terms.map(\.fetch) == [0, 0])
        #expect(plan.terms.map(\.chunks) == [2..<4, 0..<1])
        #expect(plan.terms.map(\.length) == [300, 100])
        #expect(plan.skip == 50)
    }

    @Test func `too few, too many or negative bytes are refused`() {
        #expect(throws: HubError.self) { try ReconstructionPlan(self.body([self.term(10..<11, 100)]), count: 101) }
        #expect(throws: HubError.self) {
            try ReconstructionPlan(self.body([self.term(10..<11, 100), self.term(11..<12, 100)]), count: 90)
        }
        #expect(throws: HubError.self) {
            try ReconstructionPlan(self.body([self.term(10..<11, 100)], skip: -1), count: 100)
        }
        #expect(throws: HubError.self) {
            try ReconstructionPlan(self.body([self.term(10..<11, 100)], skip: 100), count: 1)
        }
        #expect(throws: HubError.self) { try ReconstructionPlan(self.body([]), count: 1) }
    }

    @Test(arguments: [9..<11, 19..<21, 30..<31])
    func `a term outside what can be fetched is refused`(chunks: Range<Int>) {
        #expect(throws: HubError.self) {
            try ReconstructionPlan(self.body([self.term(chunks, 100)]), count: 100)
        }
    }

    @Test func `a term's bytes must fit its chunks`() {
        #expect(throws: HubError.self) {
            try ReconstructionPlan(self.body([self.term(10..<11, 131_073)]), count: 131_073)
        }
        #expect(throws: HubError.self) { try ReconstructionPlan(self.body([self.term(10..<11, 0)]), count: 0) }
    }

    @Test func `a fetch larger than its chunks can be is refused`() {
        let huge = body([term(10..<11, 100)], chunks: 10..<11, bytes: 0...300_000)
        #expect(throws: HubError.self) { try ReconstructionPlan(huge, count: 100) }
    }

    @Test func `an empty chunk range is refused`() {
        let terms = [ReconstructionBody.Term(hash: xorb, unpackedLength: 1, range: .init(start: 11, end: 11))]
        #expect(throws: HubError.self) { try ReconstructionPlan(self.body(terms), count: 1) }
    }
}

@Suite struct DownloadQueueTests {
    @Test func `files follow each other in pieces`() {
        let queue = DownloadQueue(files: [(size: 25, done: 0), (size: 5, done: 0)], pieceSize: 10)

        #expect(queue.pieces.map(\.range) == [0..<10, 10..<20, 20..<25, 0..<5])
        #expect(queue.pieces.map(\.file) == [0, 0, 0, 1])
        #expect(queue.pieces.map(\.isLast) == [false, false, true, true])
    }

    @Test func `what is there already is not fetched again`() {
        let queue = DownloadQueue(files: [(size: 25, done: 21)], pieceSize: 10)
        #expect(queue.pieces.map(\.range) == [21..<25])
    }

    @Test(arguments: [0, 7])
    func `an empty or complete file is still finished`(size: Int) {
        let queue = DownloadQueue(files: [(size: size, done: size)], pieceSize: 10)
        #expect(queue.pieces.map(\.range) == [size..<size])
        #expect(queue.pieces.map(\.isLast) == [true])
    }
}
