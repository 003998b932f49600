import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct CommitServiceTests {
    private func commit(
        _ test: TestHub,
        _ files: [String: String],
        deleting deletions: [String] = [],
        onto parent: CommitID? = nil,
        message: String = "change",
        to record: RepositoryRecord,
        by caller: Caller
    ) async throws -> CommitService.Outcome {
        var draft = try test.hub.commits.draft()
        draft.summary = message
        draft.parent = parent?.hex
        for path in deletions { try draft.delete(path) }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { try await draft.put(Array(text.utf8), at: path) }
        return try await test.hub.commits.publish(draft, to: .main, of: record, by: caller)
    }

    private func propose(
        _ test: TestHub,
        _ files: [String: String],
        onto parent: CommitID,
        message: String = "change",
        to record: RepositoryRecord,
        by caller: Caller
    ) async throws -> (commit: CommitID, pullRequest: Int) {
        var draft = try test.hub.commits.draft()
        draft.summary = message
        draft.parent = parent.hex
        for (path, text) in files.sorted(by: { $0.key < $1.key }) { try await draft.put(Array(text.utf8), at: path) }
        let made = try await test.hub.commits.propose(draft, to: .main, of: record, by: caller)
        return (made.commit, made.pullRequest.number)
    }

    @Test func `a proposal sent again is answered with the pull request it opened`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let first = try await propose(test, ["a": "2"], onto: main, to: record, by: bob)
        test.clock.advance(by: 60)
        let again = try await propose(test, ["a": "2"], onto: main, to: record, by: bob)
        #expect(again == first)
        // Even when the branch has moved meanwhile.
        _ = try await commit(test, ["b": "1"], to: record, by: alice)
        #expect(try await propose(test, ["a": "2"], onto: main, to: record, by: bob) == first)
        #expect(try await test.hub.discussions.list(.init(), page: 0, in: record).count == 1)
    }

    @Test func `another person, message, file, or time makes another pull request`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let first = try await propose(test, ["a": "2"], onto: main, to: record, by: bob)
        let others = [
            try await propose(test, ["a": "2"], onto: main, to: record, by: alice),
            try await propose(test, ["a": "2"], onto: main, message: "other", to: record, by: bob),
            try await propose(test, ["a": "3"], onto: main, to: record, by: bob),
        ]
        _ = try await test.hub.discussions.setStatus(
            false, of: first.pullRequest, in: record.id, comment: nil, by: bob)
        let afterClosing = try await propose(test, ["a": "2"], onto: main, to: record, by: bob)
        test.clock.advance(by: 3600)
        let later = try await propose(test, ["a": "2"], onto: main, to: record, by: bob)
        let numbers = ([first] + others + [afterClosing, later]).map(\.pullRequest)
        #expect(numbers == [1, 2, 3, 4, 5, 6])
    }

    @Test func `the same proposal sent several times at once opens one pull request`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let made = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask { try await propose(test, ["a": "2"], onto: main, to: record, by: alice).pullRequest }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(made == [1])
        #expect(try await test.hub.discussions.list(.init(), page: 0, in: record).count == 1)
    }

    private func paths(_ test: TestHub, _ commit: CommitID, _ record: RepositoryRecord) async throws -> [String] {
        try await test.hub.revisions.files(at: commit, in: record).map(\.path)
    }

    @Test func `the first commit of an empty repository makes its default branch`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let made = try await commit(test, ["a/b.txt": "1"], to: record, by: alice)
        #expect(made.isNew)
        #expect(try await test.hub.revisions.resolve("main", in: record) == made.commit)
        #expect(try await paths(test, made.commit, record) == ["a/b.txt"])
    }

    @Test func `a file another repository has too is published here as well`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let one = try await test.repository("alice/secret", visibility: .private, by: alice)
        let other = try await test.repository("bob/model", by: bob)
        _ = try await commit(test, ["d/a.txt": "the same"], to: one, by: alice)
        let made = try await commit(test, ["d/a.txt": "the same"], to: other, by: bob)
        #expect(try await paths(test, made.commit, other) == ["d/a.txt"])
    }

    @Test func `a parent the branch has left is outdated, and the error names the head`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let second = try await commit(test, ["a": "2"], onto: first, to: record, by: alice).commit
        let error = await #expect(throws: HubError.self) {
            try await commit(test, ["a": "3"], onto: first, to: record, by: alice)
        }
        #expect(
            error
                == .outdated(
                    "The branch was updated since you opened this page. Please refresh and try again.", head: second))
    }

    @Test func `a commit sent again is answered with the one made before`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let second = try await commit(test, ["a": "2"], onto: first, message: "two", to: record, by: alice).commit
        test.clock.advance(by: 60)
        _ = try await commit(test, ["b": "1"], onto: second, to: record, by: alice)
        let again = try await commit(test, ["a": "2"], onto: first, message: "two", to: record, by: alice)
        #expect(again.commit == second)
        #expect(!again.isNew)
        await #expect(throws: HubError.self) {
            try await commit(test, ["a": "2"], onto: first, message: "another", to: record, by: alice)
        }
    }

    @Test func `a commit that changes nothing makes no commit`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await commit(test, ["a": "1"], to: record, by: alice).commit
        let again = try await commit(test, ["a": "1"], message: "again", to: record, by: alice)
        #expect(again.commit == first && !again.isNew)
    }

    @Test func `what comes later in a commit decides`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        _ = try await commit(test, ["d/a": "1", "d/b": "1", "file": "1", "f/x": "1"], to: record, by: alice)
        var draft = try test.hub.commits.draft()
        draft.summary = "all at once"
        try await draft.put(Array("2".utf8), at: "d/new")
        try draft.delete("d/")
        try await draft.put(Array("2".utf8), at: "d/b")
        try await draft.put(Array("2".utf8), at: "gone")
        try draft.delete("gone")
        try draft.delete("file")
        try await draft.put(Array("2".utf8), at: "file/inside")
        try draft.delete("f")
        try await draft.put(Array("2".utf8), at: "f")
        let made = try await test.hub.commits.publish(draft, to: .main, of: record, by: alice)
        #expect(try await paths(test, made.commit, record) == ["d/b", "f", "file/inside"])
    }

    @Test func `deleting what is not there names it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        _ = try await commit(test, ["a": "1"], to: record, by: alice)
        await #expect(throws: HubError.entryNotFound("A file with this name doesn't exist: 'nope'")) {
            try await commit(test, [:], deleting: ["a", "nope"], to: record, by: alice)
        }
    }

    @Test func `a large file is named by its hash only by who sent it or may read it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let secret = try await test.repository("alice/secret", visibility: .private, by: alice)
        let pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: secret, by: alice)
        let mine = try await test.repository("bob/mine", by: bob)
        let unknown = try ContentDigest(parsing: String(repeating: "ab", count: 32))
        var answers: [String] = []
        for digest in [pointer.digest, unknown] {
            var draft = try test.hub.commits.draft()
            draft.summary = "large"
            try draft.putLarge(digest, size: 5000, at: "w.dat")
            let error = await #expect(throws: HubError.self) {
                try await test.hub.commits.publish(draft, to: .main, of: mine, by: bob)
            }
            answers.append("\(error?.description ?? "")".replacing(digest.hex, with: "H"))
        }
        #expect(answers[0] == answers[1])
        var draft = try test.hub.commits.draft()
        draft.summary = "large"
        try draft.putLarge(pointer.digest, size: nil, at: "w.dat")
        let made = try await test.hub.commits.publish(draft, to: .main, of: secret, by: alice)
        #expect(try await test.hub.revisions.files(at: made.commit, in: secret).first?.size == 5000)
    }

    @Test(arguments: ["", "/a", "a//b", "a/", "./a", "a/../b", ".git/x", "a/.GIT/x", "a\u{1}b"])
    func `a path no checkout should see is refused`(_ path: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        await #expect(throws: HubError.self) { try await commit(test, [path: "x"], to: record, by: alice) }
    }

    @Test func `a contributor commits to a branch and not to the default one`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .contribute)
        let record = try await test.repository("acme/model", by: alice)
        _ = try await commit(test, ["a": "1"], to: record, by: alice)
        try await test.hub.refs.createBranch("idea", at: nil, in: record, by: bob)
        await #expect(throws: HubError.self) { try await commit(test, ["a": "2"], to: record, by: bob) }
        var draft = try test.hub.commits.draft()
        draft.summary = "idea"
        try await draft.put(Array("2".utf8), at: "a")
        let made = try await test.hub.commits.publish(draft, to: RefName(branch: "idea"), of: record, by: bob)
        #expect(try await test.hub.revisions.resolve("idea", in: record) == made.commit)
    }

    @Test func `a squashed branch has one commit and the same files`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        _ = try await commit(test, ["a": "1", "d/b": "1"], to: record, by: alice)
        let last = try await commit(test, ["a": "2"], to: record, by: alice).commit
        let squashed = try await test.hub.refs.squash(.main, message: "all", in: record, by: alice)
        #expect(try await test.hub.revisions.resolve("main", in: record) == squashed)
        #expect(try await test.hub.revisions.log(from: squashed, skip: 0, limit: 9, in: record).map(\.title) == ["all"])
        #expect(try await paths(test, squashed, record) == ["a", "d/b"])
        #expect(last != squashed)
    }
}
