import HubCore
import HubDatabase
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct JobQueueTests {
    /// A hub with so many pushed revisions, each with its job.
    private static func hub(pushes: Int) async throws -> (TestHub, RepositoryRecord) {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        var head: CommitID?
        for number in 0..<pushes {
            head = try await test.push(["README.md": "number \(number)"], to: record, onto: head, by: alice)
        }
        return (test, record)
    }

    @Test func `jobs are leased in order, each to one`() async throws {
        let (test, _) = try await Self.hub(pushes: 3)
        let queue = test.hub.queue
        let first = try #require(try await queue.lease())
        let second = try #require(try await queue.lease())
        let third = try #require(try await queue.lease())
        #expect([first.id, second.id, third.id] == [first.id, second.id, third.id].sorted())
        #expect(Set([first.id, second.id, third.id]).count == 3)
        #expect(first.attempts == 1)
        #expect(try await queue.lease() == nil)
    }

    @Test func `a repository that is deleted leaves its fork the job on what both have`() async throws {
        let (test, record) = try await Self.hub(pushes: 2)
        let alice = try await test.user("alice")
        let fork = try await test.hub.repositories.fork(
            record.id, to: RepositoryID(.model, parsing: "alice/copy"), visibility: nil, by: alice)
        let head = try await test.hub.revisions.require("main", in: fork)

        try await test.hub.repositories.delete(record.id, by: alice)

        let job = try #require(try await test.hub.queue.lease())
        #expect((job.repository, job.commit) == (fork.rowID, head))
        #expect(try await test.hub.queue.lease() == nil)
    }

    /// Publishes tags of so many different commits on top of `head`, all in one push.
    private static func tag(
        _ count: Int, in record: RepositoryRecord, from head: CommitID, of test: TestHub, by caller: Caller
    ) async throws -> [CommitID] {
        var commits: [CommitID] = []
        for number in 0..<count {
            commits.append(try await test.commit(["tagged": "\(record.id) \(number)"], in: record, onto: head))
        }
        let updates = try commits.enumerated().map { number, commit in
            Push.Update(try RefName(parsing: "refs/tags/v\(number)"), from: nil, to: commit)
        }
        try await test.hub.pushes.publish(Push(to: record, by: caller, updates: updates, via: "test"))
        return commits
    }

    /// Leases every job there is.
    private static func order(_ test: TestHub) async throws -> [JobQueue.Job] {
        var jobs: [JobQueue.Job] = []
        while let job = try await test.hub.queue.lease() { jobs.append(job) }
        return jobs
    }

    @Test func `repositories take turns, however many jobs one of them has`() async throws {
        let (test, first) = try await Self.hub(pushes: 4)
        let bob = try await test.user("bob")
        let second = try await test.repository("bob/model", by: bob)
        _ = try await test.hub.queue.lease()
        let head = try await test.push(["README.md": "bob's"], to: second, by: bob)
        try await test.push(["README.md": "bob's second"], to: second, onto: head, by: bob)
        let order = try await Self.order(test).map(\.repository)
        #expect(order == [second, first, second, first, first].map(\.rowID))
    }

    @Test func `what only tags name comes after what branches stand at, of any repository`() async throws {
        let (test, first) = try await Self.hub(pushes: 1)
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let head = try #require(try await test.hub.revisions.resolve("main", in: first))
        let tagged = try await Self.tag(3, in: first, from: head, of: test, by: alice)
        let second = try await test.repository("bob/model", by: bob)
        let other = try await test.push(["README.md": "bob's"], to: second, by: bob)
        let order = try await Self.order(test).map(\.commit)
        #expect(order == [head, other] + tagged)
    }

    @Test func `tags of two repositories take turns`() async throws {
        let (test, first) = try await Self.hub(pushes: 1)
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let head = try #require(try await test.hub.revisions.resolve("main", in: first))
        let second = try await test.repository("bob/model", by: bob)
        let other = try await test.push(["README.md": "bob's"], to: second, by: bob)
        let many = try await Self.tag(3, in: first, from: head, of: test, by: alice)
        let one = try await Self.tag(1, in: second, from: other, of: test, by: bob)
        let order = try await Self.order(test).map(\.commit)
        #expect(order == [head, other, many[0], one[0], many[1], many[2]])
    }

    @Test func `a tagged revision whose report somebody waits for comes before other tags`() async throws {
        let (test, record) = try await Self.hub(pushes: 1)
        let alice = try await test.user("alice")
        let head = try #require(try await test.hub.revisions.resolve("main", in: record))
        let tagged = try await Self.tag(3, in: record, from: head, of: test, by: alice)
        _ = try await test.hub.validation.report(at: tagged[1], in: record, waiting: 0)
        let report = try await test.hub.validation.report(at: tagged[2], in: record, waiting: 1)
        #expect(report.state == .queued)
        #expect(try await Self.order(test).map(\.commit) == [head, tagged[2], tagged[0], tagged[1]])
    }

    @Test func `a branch that comes to stand where only a tag did makes the job come sooner`() async throws {
        let (test, record) = try await Self.hub(pushes: 1)
        let alice = try await test.user("alice")
        let head = try #require(try await test.hub.revisions.resolve("main", in: record))
        let tagged = try await Self.tag(2, in: record, from: head, of: test, by: alice)
        try await test.hub.pushes.publish(
            Push(
                to: record, by: alice, updates: [.init(try RefName(branch: "next"), from: nil, to: tagged[1])],
                via: "test"))
        #expect(try await Self.order(test).map(\.commit) == [head, tagged[1], tagged[0]])
    }

    @Test func `a lease that nobody renews runs out, and the job is another's`() async throws {
        let (test, _) = try await Self.hub(pushes: 1)
        let queue = test.hub.queue
        let job = try #require(try await queue.lease())
        test.clock.advance(by: JobQueue.leaseSeconds)
        try await queue.renew(job)
        test.clock.advance(by: JobQueue.leaseSeconds)
        #expect(try await queue.lease() == nil)
        test.clock.advance(by: 1)
        let again = try #require(try await queue.lease())
        #expect(again.id == job.id)
        #expect(again.attempts == 2)
    }

    @Test func `a job put back is run again, and an interruption counts as no attempt`() async throws {
        let (test, _) = try await Self.hub(pushes: 1)
        let queue = test.hub.queue
        try await queue.release(try #require(try await queue.lease()), countsAsAttempt: false)
        let second = try #require(try await queue.lease())
        #expect(second.attempts == 1)
        try await queue.release(second, countsAsAttempt: true)
        #expect(try await queue.lease()?.attempts == 2)
    }

    @Test func `what an earlier process left running is queued again`() async throws {
        let (test, _) = try await Self.hub(pushes: 2)
        let queue = test.hub.queue
        _ = try await queue.lease()
        _ = try await queue.lease()
        #expect(try await queue.lease() == nil)
        try await queue.reclaimAll()
        #expect(try await queue.lease() != nil)
        #expect(try await queue.count() == 2)
    }

    @Test func `a push makes one job, and pushing the same tree elsewhere none`() async throws {
        let (test, record) = try await Self.hub(pushes: 1)
        let alice = try await test.user("alice")
        #expect(try await test.hub.queue.count() == 1)
        try await test.push(["README.md": "number 0"], to: record, branch: "copy", by: alice)
        #expect(try await test.hub.queue.count() == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `the runner works off what is queued and stops when told`() async throws {
        let (test, record) = try await Self.hub(pushes: 2)
        let running = Task { try await test.hub.jobRunner.run() }
        let head = try #require(try await test.hub.revisions.resolve("main", in: record))
        let report = try await test.hub.validation.report(at: head, in: record, waiting: 30)
        #expect(report.state == .done && report.verdict == .passed)
        #expect(try await test.hub.queue.count() == 0)
        running.cancel()
        try await running.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `a job that fails again and again is given up with a report that failed`() async throws {
        let (test, record) = try await Self.hub(pushes: 1)
        // The job names a commit that cannot be read: what cannot be checked has failed.
        try await test.database.write { connection in
            try connection.execute("UPDATE job SET commit_id = ?", [[UInt8](repeating: 7, count: 20)])
        }
        let running = Task { try await test.hub.jobRunner.run() }
        let head = try #require(try await test.hub.revisions.resolve("main", in: record))
        let report = try await test.hub.validation.report(at: head, in: record, waiting: 30)
        running.cancel()
        try await running.value
        #expect(report.verdict == .failed)
        #expect(report.findings.contains { $0.message.hasPrefix("validation could not be completed") })
        #expect(try await test.hub.queue.count() == 0)
    }
}
