import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct ValidationServiceTests {
    /// Does the next job, as the runner would.
    private static func work(off test: TestHub) async throws {
        while let job = try await test.hub.queue.lease() { try await test.hub.validation.validate(job) }
    }

    @Test func `a report is queued, then running, then done`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let commit = try await test.push(["README.md": "hello"], to: record, by: alice)
        #expect(try await test.hub.validation.report(at: commit, in: record, waiting: 0).state == .queued)
        let job = try #require(try await test.hub.queue.lease())
        #expect(try await test.hub.validation.report(at: commit, in: record, waiting: 0).state == .running)
        try await test.hub.validation.validate(job)
        let report = try await test.hub.validation.report(at: commit, in: record, waiting: 0)
        #expect(report.state == .done && report.verdict == .passed)
        #expect(report.commit == commit.hex)
    }

    @Test func `a fork of validated weights has their reports, and no job of its own`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/model", by: alice)
        let commit = try await test.push(["README.md": "hello"], to: record, by: alice)
        try await Self.work(off: test)
        let fork = try await test.hub.repositories.fork(
            record.id, to: try RepositoryID(.model, parsing: "bob/model"), visibility: nil, by: bob)
        #expect(try await test.hub.queue.count() == 0)
        #expect(try await test.hub.validation.report(at: commit, in: fork, waiting: 0).state == .done)
    }

    @Test func `another commit with the same trees has the same report under its own id`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["README.md": "hello"], to: record, by: alice)
        try await Self.work(off: test)
        test.clock.advance(by: 100)
        let second = try await test.push(["README.md": "hello"], to: record, branch: "again", by: alice)
        #expect(second != first)
        #expect(try await test.hub.queue.count() == 0)
        let report = try await test.hub.validation.report(at: second, in: record, waiting: 0)
        #expect(report.state == .done && report.commit == second.hex)
    }

    @Test func `the first commit the hub makes is validated, once for all repositories`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        for name in ["alice/one", "alice/two"] {
            let record = try await test.hub.repositories.create(
                try RepositoryID(.model, parsing: name), visibility: .public, firstCommit: true, by: alice)
            let head = try #require(try await test.hub.revisions.resolve("main", in: record))
            let state = try await test.hub.validation.report(at: head, in: record, waiting: 0).state
            #expect(state == (name == "alice/one" ? .queued : .done))
            try await Self.work(off: test)
            #expect(try await test.hub.validation.report(at: head, in: record, waiting: 0).verdict == .passed)
        }
    }

    @Test func `a revision that never was a head has no report, in words`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let author = Signature(name: "alice", email: "alice@example.org", seconds: test.clock.seconds)
        let commit = try await test.git.write(record.rowID) { git in
            try git.writeCommit(
                [.put(path: "README.md", bytes: Array("loose".utf8))], onto: nil, parents: [], author: author,
                message: "loose\n")
        }
        await #expect(throws: HubError.self) {
            try await test.hub.validation.report(at: commit, in: record, waiting: 0)
        }
    }

    @Test func `the job of a repository that is gone is forgotten`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["README.md": "hello"], to: record, by: alice)
        let job = try #require(try await test.hub.queue.lease())
        try await test.hub.repositories.delete(record.id, by: alice)
        try await test.hub.validation.validate(job)
        #expect(try await test.hub.queue.count() == 0)
    }

    @Test func `weights with NaN are published, and their report names the tensor`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let weights = TestWeights(["w": [1, .nan], "v": [1, 2]])
        let commit = try await test.push(weights, to: record, by: alice)
        try await Self.work(off: test)
        let report = try await test.hub.validation.report(at: commit, in: record, waiting: 0)
        #expect(report.verdict == .failed)
        #expect(report.findings.contains { $0.tensor == "w" && $0.severity == .error })
        #expect(!report.findings.contains { $0.tensor == "v" && $0.severity == .error })
    }
}
