import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct PushServiceTests {
    @Test func `a push onto a moved branch is a conflict`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["README.md": "one"], to: record, by: alice)
        try await test.push(["README.md": "two"], to: record, onto: first, by: alice)
        await #expect(throws: HubError.conflict("refs/heads/main has moved")) {
            try await test.push(["README.md": "three"], to: record, onto: first, by: alice)
        }
    }

    @Test func `a pointer to content nobody sent is refused with its digest`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let digest = try ContentDigest(parsing: String(repeating: "ab", count: 32))
        let pointer = LFSPointer(digest: digest, size: 10)
        await #expect(throws: HubError.missingContent([digest])) {
            try await test.push(["big.bin": pointer.text], to: record, by: alice)
        }
        #expect(try await test.hub.revisions.refs(of: record).isEmpty)
    }

    @Test func `knowing the digest of another's content is not enough to publish it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let secret = try await test.repository("alice/secret", visibility: .private, by: alice)
        let pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: secret, by: alice)
        try await test.push(["big.dat": pointer.text], to: secret, by: alice)
        let mine = try await test.repository("bob/mine", by: bob)
        await #expect(throws: HubError.missingContent([pointer.digest])) {
            try await test.push(["big.dat": pointer.text], to: mine, by: bob)
        }
    }

    @Test func `a truncated safetensors file is refused and the branch stays`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let header = #"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}}"#
        let file = [UInt8(header.utf8.count)] + [UInt8](repeating: 0, count: 7) + Array(header.utf8) + [0, 0, 0, 0]
        let pointer = try await test.upload(file, to: record, by: alice)
        let error = await #expect(throws: HubError.self) {
            try await test.push(["model.safetensors": pointer.text], to: record, by: alice)
        }
        guard case .refused(let findings) = error else {
            Issue.record("expected a refusal, got \(String(describing: error))")
            return
        }
        #expect(findings.contains { $0.path == "model.safetensors" && $0.severity == .error })
        #expect(try await test.hub.revisions.refs(of: record).isEmpty)
    }

    @Test func `a pickle that runs code is refused whatever its name`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        await #expect(throws: HubError.self) {
            try await test.push(["notes.txt": "cos\nsystem\n(S'echo hi'\ntR."], to: record, by: alice)
        }
    }

    @Test func `the default branch does not go back and is not deleted`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let second = try await test.push(["a": "2"], to: record, onto: first, by: alice)
        for target in [first, nil] {
            await #expect(throws: HubError.self) {
                try await test.hub.pushes.publish(
                    Push(to: record, by: alice, updates: [.init(.main, from: second, to: target)], via: "test"))
            }
        }
        #expect(try await test.hub.revisions.resolve("main", in: record) == second)
    }

    @Test func `each ref is judged by itself, and the event keeps the options of the push`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let second = try await test.push(["a": "2"], to: record, onto: first, by: alice)
        let (topic, secret) = (try RefName(branch: "topic"), RefName(pullRequest: 1))
        let push = Push(
            to: record, by: alice,
            updates: [
                .init(.main, from: second, to: first), .init(topic, from: nil, to: first),
                .init(secret, from: nil, to: first),
            ], via: "git", options: ["a", "b"])

        let outcome = try await test.hub.pushes.publishEach(push)

        let events = try await test.database.read { connection in
            try connection.query("SELECT payload FROM event WHERE kind = 'ref-moved'").map { try $0.string(0) }
        }
        #expect(Set(outcome.refused.keys) == [.main, secret])
        #expect(try await test.hub.revisions.resolve("topic", in: record) == first)
        #expect(try await test.hub.revisions.resolve("main", in: record) == second)
        #expect(events.filter { $0.contains(#""options":"a\nb""#) }.count == 1)
    }

    @Test(arguments: ["refs/notes/commits", "refs/remotes/origin/main", "refs/pull/7/head", "refs/a/b/c"])
    func `a ref of another kind is moved like any other, and its commits are reached by it`(_ name: String) async throws
    {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let ref = try RefName(parsing: name)
        try await test.hub.pushes.publish(
            Push(to: record, by: alice, updates: [.init(ref, from: nil, to: first)], via: "git"))
        #expect(try await test.hub.revisions.refs(of: record).contains { $0 == (ref, first) })
        try await test.hub.pushes.publish(
            Push(to: record, by: alice, updates: [.init(ref, from: first, to: nil)], via: "git"))
        #expect(try await test.hub.revisions.refs(of: record).map { $0.0 } == [.main])
    }

    @Test(arguments: [
        "refs/convert/parquet", "refs/Convert/x", "refs/PR/1", "refs/Heads/x", "refs/TAGS/x", "refs/stash",
        "refs/replace/0123456789012345678901234567890123456789", "refs/bisect/bad", "refs/worktree/a",
        "refs/rewritten/a",
    ])
    func `no client moves what is the hub's own or looks like something else`(_ name: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let push = Push(
            to: record, by: alice, updates: [.init(try RefName(parsing: name), from: nil, to: first)], via: "git")
        await #expect(
            throws: HubError.forbidden(
                "\(name) is not a ref for clients; push a branch, a tag or a ref like refs/notes/NAME")
        ) { try await test.hub.pushes.publish(push) }
    }

    @Test func `one refused ref refuses all of an atomic push, and only it is to blame`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let (old, topic) = (try RefName(branch: "old"), try RefName(branch: "topic"))
        let push = Push(
            to: record, by: alice,
            updates: [.init(topic, from: nil, to: first), .init(old, from: first, to: nil)], via: "git")

        let outcome = try await test.hub.pushes.publishAll(push)

        #expect(outcome.refused[old] == .conflict("refs/heads/old has moved"))
        #expect(outcome.refused[topic] == .conflict("atomic push failed: another ref was refused"))
        #expect(try await test.hub.revisions.refs(of: record).count == 1)
    }

    @Test func `a contributor pushes a branch but not the default one`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .contribute)
        let record = try await test.repository("acme/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        try await test.push(["a": "2"], to: record, branch: "idea", by: bob)
        await #expect(throws: HubError.forbidden("you have the role 'contribute' on acme/model; this needs 'write'")) {
            try await test.push(["a": "3"], to: record, onto: first, by: bob)
        }
        for name in ["refs/tags/v1", "refs/notes/commits"] {
            await #expect(throws: HubError.self) {
                try await test.hub.pushes.publish(
                    Push(
                        to: record, by: bob, updates: [.init(try RefName(parsing: name), from: nil, to: first)],
                        via: "git"))
            }
        }
    }
}
