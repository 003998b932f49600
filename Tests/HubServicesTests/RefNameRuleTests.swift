import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct RefNameRuleTests {
    private struct Place {
        let test: TestHub
        let alice: Caller
        let record: RepositoryRecord
        let commit: CommitID
    }

    private func start() async throws -> Place {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        return Place(
            test: test, alice: alice, record: record,
            commit: try await test.push(["a": "1"], to: record, by: alice))
    }

    private func make(_ branches: [String], in place: Place) async throws {
        try await place.test.hub.pushes.publish(
            Push(
                to: place.record, by: place.alice,
                updates: branches.map { .init(try RefName(branch: $0), from: nil, to: place.commit) }, via: "test"))
    }

    private static let clashing = [
        ("a/b", "a"), ("a", "a/b"), ("a/b/c", "a"), ("Feature", "feature"), ("dir/x", "DIR"), ("dir", "Dir/x"),
        ("caf\u{E9}", "cafe\u{301}"), ("cafe\u{301}", "caf\u{E9}"), ("CAF\u{C9}/x", "cafe\u{301}"),
    ]

    @Test(arguments: clashing)
    func `names that cannot both be checked out everywhere clash`(_ old: String, _ new: String) async throws {
        let place = try await start()
        try await make([old], in: place)
        await #expect(throws: HubError.conflict("refs/heads/\(new) cannot exist beside refs/heads/\(old)")) {
            try await make([new], in: place)
        }
    }

    @Test(arguments: clashing)
    func `they clash in one push as well, and for the store that keeps them`(_ old: String, _ new: String) async throws
    {
        let place = try await start()
        await #expect(throws: HubError.conflict("refs/heads/\(new) cannot exist beside refs/heads/\(old)")) {
            try await make([old, new], in: place)
        }
        let (record, commit) = (place.record, place.commit)
        await #expect(throws: GitError.self) {
            try await place.test.git.write(record.rowID) { git in
                try git.move(RefName(branch: old), from: nil, to: commit)
                try git.move(RefName(branch: new), from: nil, to: commit)
            }
        }
    }

    @Test func `names that only begin alike do not clash`() async throws {
        let place = try await start()
        try await make(["a", "a-b", "ab", "a.b/c", "a0"], in: place)
        try await make(["a1/b", "abc"], in: place)
        #expect(try await place.test.hub.revisions.refs(of: place.record).count == 8)
    }

    @Test(arguments: ["\u{202E}", "\u{200B}", "\u{FEFF}", "\u{85}"])
    func `a ref with characters that are not seen is not made by any door`(_ unseen: String) async throws {
        let place = try await start()
        let name = "a\(unseen)b"
        let problem = try #require(try RefName(branch: name).problemAsNew)
        await #expect(throws: HubError.invalid(problem)) { try await make([name], in: place) }
        await #expect(throws: HubError.invalid(problem)) {
            try await place.test.hub.refs.createBranch(name, at: nil, in: place.record, by: place.alice)
        }
    }

    @Test func `a ref that was called so before can move and be deleted`() async throws {
        let place = try await start()
        let ref = try RefName(branch: "a\u{202E}b")
        let (record, commit) = (place.record, place.commit)
        try await place.test.git.write(record.rowID) { git in try git.move(ref, from: nil, to: commit) }
        let next = try await place.test.push(
            ["a": "2"], to: record, onto: commit, branch: "a\u{202E}b", by: place.alice)
        try await place.test.hub.pushes.publish(
            Push(to: record, by: place.alice, updates: [.init(ref, from: next, to: nil)], via: "test"))
        #expect(try await place.test.hub.revisions.refs(of: record).count == 1)
    }
}
