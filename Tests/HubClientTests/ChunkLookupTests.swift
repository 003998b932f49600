import HubClient
import HubCore
import Testing

@Suite struct ChunkLookupTests {
    private let one = XetHash(Digest256(words: (1, 2, 3, 4)))
    private let two = XetHash(Digest256(words: (5, 6, 7, 8)))

    @Test func `a request is the raw hashes in order`() {
        #expect(ChunkLookup.request([one, two]) == one.bytes + two.bytes)
    }

    @Test func `an answer gives each chunk its place or nothing`() throws {
        let answer = two.bytes + [1, 2, 0, 0] + [UInt8](repeating: 0, count: 36)
        #expect(try ChunkLookup.parse(answer, count: 2) == [ChunkLocation(xorb: two, index: 513), nil])
    }

    @Test(arguments: [0, 35, 37, 72])
    func `an answer of another length is refused`(length: Int) {
        #expect(throws: HubError.self) { try ChunkLookup.parse([UInt8](repeating: 1, count: length), count: 1) }
    }
}

@Suite struct ShardAnswerTests {
    private func outcome(_ pieces: [String]) throws -> ShardAnswer.Outcome {
        var answer = ShardAnswer()
        for piece in pieces { try answer.append(piece.utf8) }
        return try answer.finish()
    }

    @Test func `the last word counts, however the lines are cut`() throws {
        let pieces = [
            #"{"type":"validating","veri"#, "fied\":1,\"total\":2}\n\n{\"type\":\"new\"}\r\n",
            #"{"type":"result","result":1}"#,
        ]
        #expect(try outcome(pieces) == .accepted)
    }

    @Test func `a refusal carries the hub's sentence`() throws {
        let line = #"{"type":"error","message":"wrong hash","retryable":true}"# + "\n"
        #expect(try outcome([line]) == .refused("wrong hash", retryable: true))
    }

    @Test(arguments: ["", "{\"type\":\"validating\"}\n", "not json\n"])
    func `an answer without a last word is a failure`(text: String) {
        #expect(throws: HubError.self) { try self.outcome([text]) }
    }

    @Test func `an endless line is not kept`() {
        #expect(throws: HubError.self) { try self.outcome([String(repeating: "x", count: (1 << 20) + 1)]) }
    }
}
