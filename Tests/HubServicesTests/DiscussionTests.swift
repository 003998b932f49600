import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct DiscussionTests {
    @Test func `discussions and pull requests share one row of numbers`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "1"], to: record, by: alice)
        let first = try await test.hub.discussions.create("Hello", description: "x", in: record.id, by: alice)
        let second = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice)
        #expect((first.number, second.number) == (1, 2))
        #expect(try await test.hub.revisions.resolve("refs/pr/2", in: record) != nil)
    }

    @Test func `pull requests opened at the same moment get different numbers`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "1"], to: record, by: alice)
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<6 {
                group.addTask {
                    try await test.hub.pullRequests.open(
                        .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice
                    ).number
                }
            }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(numbers == Set(1...6))
    }

    @Test(arguments: ["", "ab", String(repeating: "x", count: 201), "two\nlines"])
    func `a title that is no title is refused`(_ title: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        await #expect(throws: HubError.self) {
            try await test.hub.discussions.create(title, description: "x", in: record.id, by: alice)
        }
    }

    @Test func `a pull request of a repository without commits is refused`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let error = await #expect(throws: HubError.self) {
            try await test.hub.pullRequests.open(
                .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice)
        }
        #expect(error == .revisionNotFound("alice/model has no branch 'main' to propose a change to"))
    }

    @Test func `the commits of a pull request are moved by its author and writers, through the API alone`() async throws
    {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let eve = try await test.user("eve")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        _ = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: bob)
        let next = try await test.commit(["a": "2"], in: record, onto: main)
        let update = Push.Update(RefName(pullRequest: 1), from: main, to: next)
        for (caller, door) in [(eve, "api"), (bob, "git"), (alice, "git"), (.anonymous, "api")] {
            await #expect(throws: HubError.self, "\(caller.user?.name ?? "nobody") by \(door)") {
                try await test.hub.pushes.publish(Push(to: record, by: caller, updates: [update], via: door))
            }
        }
        try await test.hub.pushes.publish(Push(to: record, by: bob, updates: [update], via: "api"))
        let events = try await test.events(of: 1, in: record)
        #expect(events.last?.content == .commit(id: next.hex, subject: "change"))
        let third = try await test.commit(["a": "3"], in: record, onto: main)
        try await test.hub.pushes.publish(
            Push(to: record, by: alice, updates: [.init(RefName(pullRequest: 1), from: next, to: third)], via: "api"))
    }

    @Test func `a ref of a pull request that was never opened cannot be made`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        await #expect(throws: HubError.notFound("alice/model has no discussion 3")) {
            try await test.hub.pushes.publish(
                Push(to: record, by: alice, updates: [.init(RefName(pullRequest: 3), from: nil, to: main)], via: "api"))
        }
        #expect(try await test.hub.revisions.refs(of: record).map(\.0) == [.main])
    }

    @Test func `a fork does not have its upstream's pull requests`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "1"], to: record, by: alice)
        _ = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice)
        let fork = try await test.hub.repositories.fork(
            record.id, to: RepositoryID(.model, parsing: "alice/copy"), visibility: nil, by: alice)
        #expect(try await test.hub.revisions.refs(of: fork).map(\.0) == [.main])
        #expect(try await test.hub.discussions.list(.init(), page: 0, in: fork).count == 0)
    }

    @Test func `a merge waits for no report that never comes, and is refused with a sentence`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        try await test.propose(["b": "1"], to: record, onto: main, by: alice)
        try await test.database.write { connection in _ = try connection.execute("DELETE FROM job") }
        let error = await #expect(throws: HubError.self) {
            try await test.hub.pullRequests.merge(1, of: record.id, .init(), by: alice)
        }
        guard case .conflict(let sentence) = error else {
            Issue.record("expected a conflict, got \(String(describing: error))")
            return
        }
        #expect(sentence.contains("there is no validation"))
        #expect(try await test.hub.revisions.resolve("main", in: record) == main)
    }

    @Test func `a merge makes the branch, the status and the event true together`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        let head = try await test.propose(["a": "2"], to: record, onto: main, by: alice)
        let result = try await test.hub.pullRequests.merge(
            1, of: record.id, .init(comment: "Thank you", force: true), by: alice)
        let merge = try #require(result.discussion.merge)
        #expect(result.discussion.status == .merged)
        #expect((merge.base, merge.head) == (main, head))
        #expect(try await test.hub.revisions.resolve("main", in: record) == merge.commit)
        let events = try await test.events(of: 1, in: record)
        #expect(events.last?.content == .statusChange("merged"))
        let payload = try await test.database.read { connection in
            try connection.queryOne("SELECT payload FROM event WHERE kind = 'pull-request-merged'")?.string(0)
        }
        #expect(payload?.contains(#""num":"1""#) == true)
        #expect(payload?.contains(merge.commit.hex) == true)
    }

    @Test func `a merged pull request takes no more commits and no other status`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        let head = try await test.propose(["a": "2"], to: record, onto: main, by: alice)
        _ = try await test.hub.pullRequests.merge(1, of: record.id, .init(force: true), by: alice)
        let more = try await test.commit(["a": "3"], in: record, onto: head)
        await #expect(throws: HubError.conflict("pull request 1 is merged; open another one")) {
            try await test.hub.pushes.publish(
                Push(to: record, by: alice, updates: [.init(RefName(pullRequest: 1), from: head, to: more)], via: "api")
            )
        }
        await #expect(throws: HubError.self) {
            try await test.hub.discussions.setStatus(false, of: 1, in: record.id, comment: nil, by: alice)
        }
    }

    @Test func `a writer who does not administer cannot force a merge`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .write)
        let record = try await test.repository("acme/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        try await test.propose(["a": "2"], to: record, onto: main, by: bob)
        await #expect(throws: HubError.self) {
            try await test.hub.pullRequests.merge(1, of: record.id, .init(force: true), by: bob)
        }
        #expect(try await test.hub.revisions.resolve("main", in: record) == main)
    }

    @Test func `conflicts of a pull request are found out once for as long as nothing moves`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1", "b": "1"], to: record, by: alice)
        try await test.propose(["a": "2"], to: record, onto: main, by: alice)
        try await test.push(["a": "3"], to: record, onto: main, by: alice)
        #expect(try await test.conflicts(of: 1, in: record) == ["a"])
        // Whoever merges again now finds no tree and no file.
        try await test.database.write { connection in _ = try connection.execute("DELETE FROM git_object") }
        #expect(try await test.conflicts(of: 1, in: record) == ["a"])
    }

    @Test func `conflicts are another answer once the branch has moved`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1", "b": "1"], to: record, by: alice)
        try await test.propose(["a": "2"], to: record, onto: main, by: alice)
        #expect(try await test.conflicts(of: 1, in: record) == [])
        let next = try await test.push(["a": "3"], to: record, onto: main, by: alice)
        #expect(try await test.conflicts(of: 1, in: record) == ["a"])
        try await test.push(["a": "1"], to: record, onto: next, by: alice)
        #expect(try await test.conflicts(of: 1, in: record) == [])
    }

    @Test func `a long discussion is read a few events at a time, and whole`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        _ = try await test.hub.discussions.create("Hello", description: "first", in: record.id, by: alice)
        let long = String(repeating: "x", count: 60_000)
        for place in 0..<220 {
            let text = place % 20 == 0 ? long : "comment \(place)"
            _ = try await test.hub.discussions.comment(text, on: 1, of: record.id, by: alice)
        }
        let discussion = try await test.hub.discussions.find(1, in: record)
        var pages: [[DiscussionEvent]] = []
        for try await page in test.hub.discussions.events(of: discussion) { pages.append(page) }
        #expect(pages.allSatisfy { !$0.isEmpty && $0.count <= 100 } && pages.count > 2)
        #expect(Set(pages.joined().map(\.id)).count == 221)
        #expect(pages.joined().map(\.id) == (try await test.events(of: 1, in: record)).map(\.id))
    }

    @Test func `deleting a repository forgets what was said about it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let main = try await test.push(["a": "1"], to: record, by: alice)
        try await test.propose(["a": "2"], to: record, onto: main, by: alice)
        let events = try await test.events(of: 1, in: record)
        _ = try await test.hub.discussions.edit(events[0].id, to: "y", on: 1, of: record.id, by: alice)
        try await test.hub.repositories.delete(record.id, by: alice)
        let left = try await test.database.read { connection in
            try ["discussion", "discussion_event", "discussion_edit", "discussion_counter"].map { table in
                try connection.queryOne("SELECT COUNT(*) FROM \(table)")?.int(0)
            }
        }
        #expect(left == [0, 0, 0, 0])
    }
}

extension TestHub {
    /// All that happened in a discussion.
    fileprivate func events(of number: Int, in record: RepositoryRecord) async throws -> [DiscussionEvent] {
        let pages = hub.discussions.events(of: try await hub.discussions.find(number, in: record))
        return try await pages.reduce(into: []) { $0 += $1 }
    }

    fileprivate func conflicts(of number: Int, in record: RepositoryRecord) async throws -> [String] {
        let discussion = try await hub.discussions.find(number, in: record)
        guard let ends = try await hub.pullRequestChanges.ends(of: discussion, in: record) else { return ["?"] }
        return try await hub.pullRequestChanges.conflicts(of: ends, base: .main, in: record)
    }

    /// Opens a pull request with one commit.
    @discardableResult
    func propose(
        _ files: [String: String],
        to record: RepositoryRecord,
        onto parent: CommitID,
        by caller: Caller
    ) async throws -> CommitID {
        let head = try await commit(files, in: record, onto: parent)
        var proposal = PullRequestService.Proposal(title: "A change", description: "x", isDraft: false)
        proposal.head = head
        _ = try await hub.pullRequests.open(proposal, in: record.id, by: caller)
        return head
    }
}
