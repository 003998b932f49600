import HubCore
import HubGit
import Testing

/// On a pipe that stays open, what ends a push is the push.
@Suite struct PushStreamTests {
    private static let id = ObjectID(bytes: [UInt8](repeating: 0xAB, count: 20))

    /// Bytes that come in pieces and never end: asking for more than there is fails.
    private struct OpenPipe: AsyncSequence, Sendable {
        typealias Element = [UInt8]
        let pieces: [[UInt8]]

        struct Silence: Error {}

        struct AsyncIterator: AsyncIteratorProtocol {
            var rest: ArraySlice<[UInt8]>

            mutating func next() async throws -> [UInt8]? {
                guard let piece = rest.popFirst() else { throw Silence() }
                return piece
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: pieces[...]) }

        init(_ bytes: [UInt8], length: Int) {
            pieces = stride(from: 0, to: bytes.count, by: length).map {
                Array(bytes[$0..<Swift.min($0 + length, bytes.count)])
            }
        }
    }

    private func read(_ bytes: [UInt8], length: Int) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await piece in PushStream(OpenPipe(bytes, length: length)) { all += piece }
        return all
    }

    @Test(arguments: [1, 2, 7, 19, 20, 21, 64, 1000, 1_000_000])
    func `a push with a pack ends with the pack, however it is cut`(_ length: Int) async throws {
        let pack = try HandPack.bytes((0..<60).map { .blob("blob \($0)") })
        let push = PushRequest(commands: [(nil, Self.id, "refs/heads/main")], pack: pack)
        #expect(try await read(push.bytes, length: length) == push.bytes)
    }

    @Test(arguments: [1, 1000]) func `a push without objects ends with its empty pack`(_ length: Int) async throws {
        let push = PushRequest(commands: [(nil, Self.id, "refs/heads/main")], pack: try HandPack.bytes([]))
        #expect(try await read(push.bytes, length: length) == push.bytes)
    }

    @Test(arguments: [1, 1000]) func `a push that only deletes ends with its commands`(_ length: Int) async throws {
        let push = PushRequest(commands: [(Self.id, nil, "refs/heads/a"), (Self.id, nil, "refs/heads/b")])
        #expect(try await read(push.bytes, length: length) == push.bytes)
    }

    @Test func `a client that wants nothing after all is done`() async throws {
        #expect(try await read(Array("0000".utf8), length: 4) == Array("0000".utf8))
    }

    @Test(arguments: [1, 1000]) func `options stand between commands and pack`(_ length: Int) async throws {
        let pack = try HandPack.bytes([.blob("a")])
        var push = PushRequest(commands: [(nil, Self.id, "refs/heads/main")])
        push.capabilities += " push-options"
        let bytes = push.bytes + PushRequest.packet("ci.skip") + Array("0000".utf8) + pack
        #expect(try await read(bytes, length: length) == bytes)
    }

    @Test func `a connection that breaks ends the push as it is`() async throws {
        let push = PushRequest(commands: [(nil, Self.id, "refs/heads/main")], pack: try HandPack.bytes([.blob("a")]))
        let cut = Array(push.bytes.dropLast(3))
        var all: [UInt8] = []
        for try await piece in PushStream(Cut(bytes: cut)) { all += piece }
        #expect(all == cut)
    }

    /// One piece, and the end.
    private struct Cut: AsyncSequence, Sendable {
        typealias Element = [UInt8]
        let bytes: [UInt8]

        struct AsyncIterator: AsyncIteratorProtocol {
            var rest: [UInt8]?

            mutating func next() async throws -> [UInt8]? {
                defer { rest = nil }
                return rest
            }
        }

        func makeAsyncIterator() -> AsyncIterator { AsyncIterator(rest: bytes) }
    }

    @Test func `what is not in git's packets is refused`() async throws {
        await #expect(throws: GitError.self) { try await read(Array("SSH-2.0-OpenSSH".utf8), length: 100) }
    }
}
