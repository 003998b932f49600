import HubGit
import HubTestSupport
import Testing

@Suite struct PlainBodyTests {
    /// What gzip makes of `text`.
    private func packed(_ text: String) async throws -> [UInt8] {
        try await Program.run("gzip", ["-n", "-c"], input: Array(text.utf8)).output
    }

    private func read(_ bytes: [UInt8], length: Int = 7, limit: Int = 1 << 30) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await piece in PlainBody(Pieces(bytes: bytes, length: length), isCompressed: true, limit: limit) {
            #expect(!piece.isEmpty && piece.count <= 1 << 18)
            all += piece
        }
        return all
    }

    private static let text = (0..<100_000).map { "line \($0)\n" }.joined()

    @Test(arguments: [1, 7, 4096, 1 << 22])
    func `a gzip file is unpacked, however it is cut`(_ length: Int) async throws {
        let all = try await read(try packed(Self.text), length: length)
        #expect(all == Array(Self.text.utf8))
    }

    @Test func `files behind each other are one`() async throws {
        let files = try await packed("one ") + packed("") + packed("two")
        #expect(try await read(files) == Array("one two".utf8))
    }

    @Test func `a file of zeros stops at the limit`() async throws {
        let zeros = try await packed(String(repeating: "\0", count: 20 << 20))
        await #expect(throws: GitError.self) { try await read(zeros, length: 4096, limit: 1 << 20) }
    }

    @Test func `what is cut short or damaged is not taken for whole`() async throws {
        let whole = try await packed("some text that is long enough")
        var damaged = whole
        damaged[whole.count - 5] ^= 1
        for bytes in [Array(whole.dropLast()), Array(whole.dropLast(9)), [], damaged, Array("0000".utf8), whole + [1]] {
            await #expect(throws: GitError.self) { try await read(bytes) }
        }
    }
}
