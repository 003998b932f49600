import HubCore
import HubGit
import Testing

@Suite struct HostilePackTests {
    /// A small sound push of stock git.
    private func sound(_ hub: TestStore) async throws -> PushRequest {
        let work = try await hub.makeRepository()
        try await hub.shell("seq 1 500 >f; git add .; git commit -qm 1; seq 2 500 >f; git commit -qam 2", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        return PushRequest(commands: [(nil, head, "refs/heads/main")], pack: try await hub.pack("HEAD", in: work))
    }

    @Test func `a pack cut short anywhere is refused`() async throws {
        let hub = try await TestStore()
        let request = try await sound(hub)

        for length in stride(from: 0, to: request.pack.count, by: 97) {
            var cut = request
            cut.pack = Array(request.pack.prefix(length))
            let push = try await hub.receive(cut)
            #expect(push.quarantine == nil)
            #expect(push.problem != nil)
        }
    }

    @Test func `a pack with one byte changed is refused, even when its checksum is made to fit`() async throws {
        let hub = try await TestStore()
        let request = try await sound(hub)

        for place in stride(from: 0, to: request.pack.count - 20, by: 61) {
            var changed = request
            changed.pack[place] ^= 0x10
            changed.pack = HandPack.withChecksum(Array(changed.pack.dropLast(20)))
            let push = try await hub.receive(changed)
            // Either the pack is damaged, or its objects are others than the commit names.
            guard push.quarantine != nil else { continue }
            await #expect(throws: GitError.self) { _ = try await hub.check(push) }
        }
    }

    @Test(arguments: HostilePackTests.packs)
    func `a pack that asks too much or makes no sense is refused`(
        name: String, entries: [HandPack.Entry], claimed: Int?
    ) async throws {
        let hub = try await TestStore()
        var limits = PushLimits()
        limits.deltaDepth = 50
        limits.objectBytes = 1 << 20
        limits.inflatedBytes = 8 << 20
        limits.objects = 1000
        let request = PushRequest(
            commands: [(nil, .zero.next, "refs/heads/main")], pack: try HandPack.bytes(entries, claimed: claimed))

        let push = try await hub.receive(request, limits: limits)

        #expect(push.quarantine == nil)
        #expect(push.problem?.contains("the pack") == true, "\(push.problem ?? "accepted")")
    }

    @Test(arguments: HostilePackTests.packs)
    func `a pack whose deltas are applied in pieces is refused just the same`(
        name: String, entries: [HandPack.Entry], claimed: Int?
    ) async throws {
        let hub = try await TestStore()
        var limits = PushLimits()
        (limits.deltaDepth, limits.objects) = (50, 1000)
        (limits.objectBytes, limits.heldBytes, limits.inflatedBytes) = (1 << 20, 0, 8 << 20)
        let request = PushRequest(
            commands: [(nil, .zero.next, "refs/heads/main")], pack: try HandPack.bytes(entries, claimed: claimed))

        let problem = try await hub.receive(request, limits: limits).problem

        #expect(problem?.contains("the pack") == true, "\(problem ?? "accepted")")
    }

    @Test func `a stream that is stretched without end is not kept`() async throws {
        let hub = try await TestStore()
        for (blocks, isTaken) in [(100, true), (2000, false)] {
            // Stored blocks of nothing, and then one of five bytes (RFC 1951, 3.2.4).
            let stretched = (0..<blocks).flatMap { _ in [0, 0, 0, 0xFF, 0xFF] as [UInt8] }
            let end: [UInt8] = [1, 5, 0, 0xFA, 0xFF] + Array("hello".utf8) + [0x06, 0x2C, 0x02, 0x15]
            let pack = HandPack.bytes(ofParts: [HandPack.entry(3, 5, [0x78, 0x01] + stretched + end)])

            let push = try await hub.receive(
                PushRequest(commands: [(nil, .zero.next, "refs/heads/main")], pack: pack))

            #expect((push.problem == nil) == isTaken, "\(push.problem ?? "accepted")")
        }
    }

    @Test func `small deltas on a large object are made of it once, and not on two in turns for ever`() async throws {
        let hub = try await TestStore()
        let folder = try await hub.makeRepository()
        let bases = [UInt8(0), 1].map { [UInt8](repeating: $0, count: 5 << 20) }
        var names: [ObjectID] = []
        for base in bases {
            names.append(
                try await ObjectID(parsing: hub.git("hash-object", "--stdin", in: folder, input: base).line))
        }
        var limits = PushLimits()
        limits.inflatedBytes = 16 << 20
        for (turns, isTaken) in [(1, true), (2, false)] {
            let wholes = bases.map { HandPack.entry(3, $0.count, HandPack.zlib($0)) }
            let deltas = (1...100).map { length in
                let delta = HandPack.size(5 << 20) + [UInt8(length), 0x90, UInt8(length)]
                return HandPack.entry(7, delta.count, names[length % turns].bytes + HandPack.zlib(delta))
            }
            let pack = HandPack.bytes(ofParts: wholes + deltas)

            let push = try await hub.receive(
                PushRequest(commands: [(nil, .zero.next, "refs/heads/main")], pack: pack), limits: limits)

            #expect((push.problem == nil) == isTaken, "\(push.problem ?? "accepted")")
            #expect(isTaken || push.problem?.contains("in turns") == true)
        }
    }

    @Test(arguments: [0, 64 << 20], HostilePackTests.deltas)
    func `a delta that makes no sense is refused, in memory and in pieces`(held: Int, delta: [UInt8]) async throws {
        let hub = try await TestStore()
        var limits = PushLimits()
        limits.heldBytes = held
        let request = PushRequest(
            commands: [(nil, .zero.next, "refs/heads/main")],
            pack: try HandPack.bytes([.blob("hello"), .deltaBytes(delta)]))

        let problem = try await hub.receive(request, limits: limits).problem

        #expect(problem == "the pack holds a damaged delta", "\(problem ?? "accepted")")
    }

    /// On a base of five bytes; the first two bytes are the lengths.
    private static let deltas: [[UInt8]] = [
        [5, 5, 0x91, 1, 5],  // copies behind the end
        [5, 5, 0x90, 4],  // makes less than it says
        [5, 5, 0x90, 5, 0x90, 1],  // makes more than it says
        [4, 5, 0x90, 5],  // stands on another base
        [5, 5, 0x90, 5, 0],  // an instruction that does not exist
        [5, 5, 0x90],  // ends in a number
        [5, 5, 5, 1, 2],  // ends in what it inserts
        [5, 5, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9],  // inserts more than it says
        [5],  // ends in its lengths
        [0x85, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 5, 0x90, 5],  // a length beyond all
    ]

    private static let packs: [(String, [HandPack.Entry], Int?)] = [
        ("delta chain", [.blob("x")] + Array(repeating: .deltaOnPrevious(grow: 1), count: 60), nil),
        ("base past the end", [.deltaAt(distance: 1_000_000)], nil),
        ("base in the middle of an entry", [.blob("hello hello hello"), .deltaAt(distance: 5)], nil),
        ("base that nobody has", [.deltaOnObject(String(repeating: "5", count: 40))], nil),
        ("huge claimed size", [.blobClaiming(1 << 40)], nil),
        ("size claimed too small", [.blobClaiming(1)], nil),
        ("delta bomb", [.blob("x")] + Array(repeating: .deltaOnPrevious(grow: 1 << 16), count: 40), nil),
        ("object too large", [.blob(String(repeating: "z", count: 2 << 20))], nil),
        ("more objects than promised", [.blob("a"), .blob("b")], 1),
        ("fewer objects than promised", [.blob("a")], 2),
        ("more objects than allowed", [.blob("a")], 4_000_000_000),
        ("unknown type", [.typed(5)], nil),
    ]

    @Test func `a body over the limit is refused by name of the limit`() async throws {
        let hub = try await TestStore()
        var limits = PushLimits()
        limits.packBytes = 100

        let push = try await hub.receive(try await sound(hub), limits: limits)

        #expect(push.problem == "the pack is longer than the 100 bytes allowed")
    }

    @Test(arguments: [
        "0032not a command at all, but of the right length..", "zzzz", "0003", "00", "0006\n0",
    ])
    func `a body that is no push is an error`(body: String) async throws {
        let hub = try await TestStore()

        await #expect(throws: (any Error).self) {
            _ = try await ReceivePack.receive(Pieces(bytes: Array(body.utf8)), scratch: hub.folder)
        }
    }

    @Test func `a name that is no ref's is refused by itself`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])

        let push = try await hub.receive(
            PushRequest(commands: [(commit, nil, "refs/heads/../../etc/passwd"), (commit, nil, "refs/heads/main")]))

        #expect(push.commands.map(\.ref) == [.main])
        #expect(push.refusedNames.map(\.ref) == ["refs/heads/../../etc/passwd"])
        #expect(push.report([RefStatus(.main)]).text.contains("ng refs/heads/../../etc/passwd '"))
    }

    @Test func `push options beyond a bound refuse the push`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])
        var request = PushRequest(commands: [(commit, nil, "refs/heads/main")], capabilities: "push-options")
        request.pack = Array(repeating: PushRequest.packet("word"), count: 33).flatMap(\.self) + Array("0000".utf8)

        let push = try await hub.receive(request)

        #expect(push.problem == "a push takes 32 push options of 1024 bytes at most")
        #expect(push.options.count == 32)
    }

    @Test func `nothing is read behind commands that only delete`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])
        let request = PushRequest(commands: [(commit, nil, "refs/heads/main")])
        let (pipe, continuation) = AsyncThrowingStream<[UInt8], any Error>.makeStream()
        continuation.yield(request.bytes)

        let push = try await ReceivePack.receive(pipe, scratch: hub.folder)

        #expect(push.commands.count == 1)
        continuation.finish()
    }
}

extension ObjectID {
    /// Some id that is not zero.
    var next: ObjectID { ObjectID(bytes: bytes.dropLast() + [1]) ?? .zero }
}
