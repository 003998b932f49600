import HubCore
import HubGit
import Testing

/// Repository 1 is public, repository 2 a private fork of it with a secret commit.
@Suite struct IsolationTests {
    private struct Setting {
        let hub: TestStore
        let shared: CommitID
        let secret: CommitID
        let secretTree: ObjectID
        let secretBlob: ObjectID
    }

    private static let secretText = (1...200).map { "secret \($0)\n" }.joined()

    private func setUp() async throws -> Setting {
        let hub = try await TestStore()
        let shared = try await hub.commit([.put("a", "1")])
        try await hub.store.write(2) { git in try git.copyRefs(from: 1) }
        let secret = try await hub.commit([.put("d/secret", Self.secretText)], in: 2)
        let (tree, blob) = try await hub.store.read(2) { git in
            (
                try #require(try git.entry(at: "d", in: secret)).id,
                try #require(try git.entry(at: "d/secret", in: secret)).id
            )
        }
        return Setting(hub: hub, shared: shared, secret: secret, secretTree: tree, secretBlob: blob)
    }

    @Test func `a commit of a private fork cannot be fetched through its parent`() async throws {
        let setting = try await setUp()
        let lines = ["want \(setting.secret.hex) side-band-64k", "flush", "done"]

        let throughParent = try await setting.hub.fetch(lines)
        let throughFork = try await setting.hub.fetch(lines, from: 2)

        #expect(throughParent.opening == "ERR upload-pack: not our ref \(setting.secret.hex)\n")
        #expect(throughParent.pack.isEmpty)
        #expect(!throughFork.pack.isEmpty)
    }

    @Test func `having a commit of a private fork is not acknowledged by its parent`() async throws {
        let setting = try await setUp()
        let lines = [
            "want \(setting.shared.hex) side-band-64k multi_ack_detailed", "flush", "have \(setting.secret.hex)",
            "flush",
        ]

        let answer = try await setting.hub.fetch(lines)

        #expect(answer.opening == "NAK\n")
    }

    @Test func `a branch cannot be pushed onto a commit that only a private fork has`() async throws {
        let setting = try await setUp()
        let push = try await setting.hub.receive(
            PushRequest(commands: [(nil, setting.secret, "refs/heads/mine")], pack: HandPack.bytes([])))

        let error = await #expect(throws: GitError.self) { _ = try await setting.hub.check(push) }

        #expect(error?.code == .notFound)
    }

    @Test(arguments: [true, false])
    func `a pushed tree cannot claim an object that only a private fork has`(claimsBlob: Bool) async throws {
        let setting = try await setUp()
        let work = try await setting.hub.makeRepository()
        let entry =
            claimsBlob ? "100644 blob \(setting.secretBlob)\tstolen" : "040000 tree \(setting.secretTree)\tstolen"
        let tree = try await setting.hub.git("mktree", "--missing", in: work, input: Array("\(entry)\n".utf8)).line
        let commit = try await setting.hub.git("commit-tree", tree, "-m", "thief", in: work).line
        let pack = try await StockGit.run(
            ["pack-objects", "--stdout", "-q"], in: work, input: Array("\(tree)\n\(commit)\n".utf8))
        let push = try await setting.hub.receive(
            PushRequest(commands: [(nil, try ObjectID(parsing: commit), "refs/heads/thief")], pack: pack))

        let inParent = await #expect(throws: GitError.self) { _ = try await setting.hub.check(push) }
        let inFork = try await setting.hub.receive(
            PushRequest(commands: [(nil, try ObjectID(parsing: commit), "refs/heads/thief")], pack: pack), in: 2)
        let content = try await setting.hub.check(inFork, in: 2)

        #expect(inParent?.code == .notFound)
        #expect(content.commits.count == 1)
    }

    @Test func `a delta cannot stand on an object that only a private fork has`() async throws {
        let setting = try await setUp()
        let pack = try HandPack.bytes([.deltaOnObject(setting.secretBlob.hex)])
        let request = PushRequest(commands: [(nil, setting.shared, "refs/heads/thief")], pack: pack)

        let push = try await setting.hub.receive(request)
        let unknown = try await setting.hub.receive(
            PushRequest(
                commands: request.commands, pack: HandPack.bytes([.deltaOnObject(setting.secretBlob.hex.reversed)])))

        let sentence = { (hex: String) in "the pack builds on \(hex), which this repository does not have" }
        #expect(push.problem == sentence(setting.secretBlob.hex))
        #expect(unknown.problem == sentence(setting.secretBlob.hex.reversed))
    }

    @Test func `what a deleted branch alone reached is gone`() async throws {
        let setting = try await setUp()
        let lines = ["want \(setting.secret.hex) side-band-64k", "flush", "done"]
        try await setting.hub.store.write(2) { git in try git.move(.main, from: setting.secret, to: setting.shared) }

        let answer = try await setting.hub.fetch(lines, from: 2)
        let resolved = try await setting.hub.store.read(2) { git in try git.resolve(setting.secret.hex) }

        #expect(answer.pack.isEmpty)
        #expect(resolved == nil)
    }

    @Test func `objects of a refused push are nowhere`() async throws {
        let setting = try await setUp()
        let work = try await setting.hub.makeRepository()
        try await setting.hub.shell("echo new >f; git add .; git commit -qm new", in: work)
        let head = try await ObjectID(parsing: setting.hub.git("rev-parse", "HEAD", in: work).line)
        let push = try await setting.hub.receive(
            PushRequest(commands: [(nil, head, "refs/heads/x")], pack: setting.hub.pack("HEAD", in: work)))
        _ = try await setting.hub.check(push)

        let error = await #expect(throws: GitError.self) {
            try await setting.hub.store.write(1) { git in try git.move(RefName(branch: "x"), from: nil, to: head) }
        }

        #expect(error?.code == .notFound)
    }
}

extension String {
    fileprivate var reversed: String { String(reversed()) }
}
