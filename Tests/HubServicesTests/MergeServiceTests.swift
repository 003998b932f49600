import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct MergeServiceTests {
    /// A repository with a base on main, and two branches that went on from it.
    private struct Scene {
        let test: TestHub
        let alice: Caller
        let record: RepositoryRecord
        let ours: CommitID
        let theirs: CommitID

        init(
            base: TestWeights = TestWeights(["a": [1, 2], "b": [1, 2]]), ours: TestWeights, theirs: TestWeights,
            ourFiles: [String: String] = [:], theirFiles: [String: String] = [:]
        ) async throws {
            test = try await TestHub()
            alice = try await test.user("alice")
            record = try await test.repository("alice/model", by: alice)
            let text = ["README.md": "one\ntwo\nthree\n"]
            let start = try await test.push(base, with: text, to: record, by: alice)
            try await test.branch("side", at: start, in: record, by: alice)
            self.ours = try await test.push(
                ours, with: text.merging(ourFiles) { $1 }, to: record, onto: start, by: alice)
            self.theirs = try await test.push(
                theirs, with: text.merging(theirFiles) { $1 }, to: record, onto: start, branch: "side", by: alice)
        }

        func merge(
            _ strategy: String? = nil, dryRun: Bool = false, by caller: Caller? = nil
        ) async throws
            -> MergeOutcome
        {
            try await test.hub.merges.merge(
                MergeOrder(
                    into: record.id, branch: nil, from: record.id, revision: "side", strategy: strategy, message: nil,
                    dryRun: dryRun), by: caller ?? alice)
        }

        var head: CommitID? {
            get async throws { try await test.hub.revisions.resolve("main", in: record) }
        }
    }

    private static let changedA = TestWeights(["a": [1, 9], "b": [1, 2]])
    private static let changedB = TestWeights(["a": [1, 2], "b": [1, 5]])
    private static let otherA = TestWeights(["a": [3, 2], "b": [1, 2]])

    @Test func `tensors changed apart come together in a commit with two parents`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let outcome = try await scene.merge()
        #expect(outcome.kind == .merged)
        let commit = try #require(outcome.commit)
        #expect(try await scene.head == commit)
        let merged = try await scene.test.bytes(of: "model.safetensors", at: commit, in: scene.record)
        #expect(merged == TestWeights(["a": [1, 9], "b": [1, 5]]).bytes)
        let read = try await scene.test.git.read(scene.record.rowID) { git in try git.commit(commit) }
        #expect(read.parents == [scene.ours, scene.theirs])
        #expect(read.message.hasSuffix("\nHub-Merge: strategy=conflict\n"))
    }

    @Test func `a tensor both changed is a conflict, and nothing is published`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.otherA)
        let outcome = try await scene.merge()
        #expect(outcome.kind == .conflicts)
        #expect(outcome.conflicts.map(\.tensor) == ["a"])
        #expect(outcome.decisions.first?.cosine == 0)
        #expect(try await scene.head == scene.ours)
    }

    @Test func `the trailer says with what strategy a conflict was settled`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.otherA)
        let outcome = try await scene.merge("sum:theirs=0.5")
        let commit = try #require(outcome.commit)
        let merged = try await scene.test.bytes(of: "model.safetensors", at: commit, in: scene.record)
        #expect(merged == TestWeights(["a": [2, 9], "b": [1, 2]]).bytes)
        let read = try await scene.test.git.read(scene.record.rowID) { git in try git.commit(commit) }
        #expect(read.message.hasSuffix("\nHub-Merge: strategy=sum:ours=1.0,theirs=0.5\n"))
    }

    @Test(arguments: [true, false])
    func `a checkpoint that one side sharded anew keeps the layout of ours`(_ theirsSharded: Bool) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let start = try await test.push(TestWeights(["a": [1, 2], "b": [1, 2]]), to: record, by: alice)
        let shards = [TestWeights(["a": [1, 2]]), TestWeights(["b": [1, 5]])]
        try await test.branch("side", at: start, in: record, by: alice)
        let (one, other) = theirsSharded ? ("main", "side") : ("side", "main")
        try await test.push(Self.changedA, to: record, onto: start, branch: one, by: alice)
        try await test.push(
            shards: shards, removing: ["model.safetensors"], to: record, onto: start, branch: other, by: alice)
        let outcome = try await test.hub.merges.merge(
            MergeOrder(
                into: record.id, branch: nil, from: record.id, revision: "side", strategy: nil, message: nil,
                dryRun: false), by: alice)
        let commit = try #require(outcome.commit)
        let names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
        guard !theirsSharded else {
            #expect(try await test.paths(at: commit, in: record) == ["model.safetensors"])
            let merged = try await test.bytes(of: "model.safetensors", at: commit, in: record)
            #expect(merged == TestWeights(["a": [1, 9], "b": [1, 5]]).bytes)
            return
        }
        #expect(try await test.paths(at: commit, in: record) == names + ["model.safetensors.index.json"])
        let merged = [TestWeights(["a": [1, 9]]), shards[1]].map(\.bytes)
        #expect(try await test.bytes(of: names[0], at: commit, in: record) == merged[0])
        #expect(try await test.bytes(of: names[1], at: commit, in: record) == merged[1])
    }

    @Test func `a dry run tells what would happen and moves nothing`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.otherA)
        let outcome = try await scene.merge("average", dryRun: true)
        #expect(outcome.kind == .wouldMerge && outcome.commit == nil)
        #expect(outcome.decisions.map(\.outcome) == ["average"])
        #expect(try await scene.head == scene.ours)
    }

    @Test func `text changed in different lines merges, in the same line it does not`() async throws {
        let apart = try await Scene(
            ours: Self.changedA, theirs: Self.changedB, ourFiles: ["README.md": "ONE\ntwo\nthree\n"],
            theirFiles: ["README.md": "one\ntwo\nTHREE\n"])
        let commit = try #require(try await apart.merge().commit)
        let text = try await apart.test.bytes(of: "README.md", at: commit, in: apart.record)
        #expect(text == Array("ONE\ntwo\nTHREE\n".utf8))

        let same = try await Scene(
            ours: Self.changedA, theirs: Self.changedB, ourFiles: ["README.md": "ONE\ntwo\nthree\n"],
            theirFiles: ["README.md": "EINS\ntwo\nthree\n"])
        let outcome = try await same.merge()
        #expect(outcome.conflicts.map(\.path) == ["README.md"])
    }

    @Test func `who may only read may look but not merge`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let bob = try await scene.test.user("bob")
        #expect(try await scene.merge(dryRun: true, by: bob).kind == .wouldMerge)
        await #expect(throws: HubError.forbidden("you have the role 'read' on alice/model; this needs 'contribute'")) {
            try await scene.merge(by: bob)
        }
        #expect(try await scene.head == scene.ours)
    }

    @Test func `a merge result that would be refused as a push is refused`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        await #expect(throws: HubError.self) {
            try await scene.test.push(
                ["evil.bin": "cos\nsystem\n(S'echo hi'\ntR."], to: scene.record, onto: scene.theirs, branch: "side",
                by: scene.alice)
        }
        #expect(try await scene.merge().kind == .merged)
    }

    @Test func `merging what is there already does nothing`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let first = try await scene.merge()
        let second = try await scene.merge()
        #expect(second.kind == .upToDate && second.commit == first.commit)
    }

    @Test func `a fork that did nothing is moved forward by a sync, one that did is merged`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let bob = try await scene.test.user("bob")
        let fork = try await scene.test.hub.repositories.fork(
            scene.record.id, to: try RepositoryID(.model, parsing: "bob/model"), visibility: nil, by: bob)
        let next = try await scene.test.push(Self.changedB, to: scene.record, onto: scene.ours, by: scene.alice)
        let moved = try await scene.test.hub.merges.sync(
            fork.id, branch: nil, strategy: nil, dryRun: false, by: bob)
        #expect(moved.kind == .fastForward && moved.commit == next)

        let mine = try await scene.test.push(
            TestWeights(["a": [7, 2], "b": [1, 5]]), to: fork, onto: next, by: bob)
        try await scene.test.push(
            TestWeights(["a": [1, 2], "b": [6, 5]]), to: scene.record, onto: next, by: scene.alice)
        let merged = try await scene.test.hub.merges.sync(
            fork.id, branch: nil, strategy: nil, dryRun: false, by: bob)
        #expect(merged.kind == .merged && merged.ours == mine)
        let commit = try #require(merged.commit)
        let bytes = try await scene.test.bytes(of: "model.safetensors", at: commit, in: fork)
        #expect(bytes == TestWeights(["a": [7, 2], "b": [6, 5]]).bytes)
    }

    @Test func `a sync takes the branch of the upstream, not a tag of that name`() async throws {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        try await test.branch("side", at: first, in: record, by: alice)
        let fork = try await test.hub.repositories.fork(
            record.id, to: try RepositoryID(.model, parsing: "bob/model"), visibility: nil, by: bob)
        let next = try await test.push(["a": "2"], to: record, onto: first, by: alice)
        try await test.hub.pushes.publish(
            Push(
                to: record, by: alice,
                updates: [
                    .init(try RefName(branch: "side"), from: first, to: nil),
                    .init(try RefName(parsing: "refs/tags/side"), from: nil, to: next),
                ], via: "test"))
        await #expect(
            throws: HubError.revisionNotFound("alice/model has no branch 'side' to sync bob/model with")
        ) {
            try await test.hub.merges.sync(fork.id, branch: "side", strategy: nil, dryRun: false, by: bob)
        }
    }

    @Test func `what was withdrawn while it was merged is not published`() async throws {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let fork = try await test.hub.repositories.fork(
            record.id, to: try RepositoryID(.model, parsing: "bob/model"), visibility: nil, by: bob)
        try await test.push(["a": "2"], to: record, onto: first, by: alice)
        let order = MergeOrder(
            into: fork.id, branch: "main", from: record.id, revision: "main", strategy: nil, message: nil,
            dryRun: false)
        await #expect(throws: HubError.repositoryNotFound("there is no model repository alice/model")) {
            try await test.hub.merges.merge(order, by: bob) { _, connection in
                try connection.execute("UPDATE repository SET visibility = 'private' WHERE id = ?", [record.rowID])
            }
        }
        #expect(try await test.hub.revisions.resolve("main", in: fork) == first)
    }

    @Test func `a sync that may only move forward refuses what has gone two ways, and moves what has not`() async throws
    {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        let record = try await test.repository("alice/model", by: alice)
        let first = try await test.push(["a": "1"], to: record, by: alice)
        let fork = try await test.hub.repositories.fork(
            record.id, to: try RepositoryID(.model, parsing: "bob/model"), visibility: nil, by: bob)
        func sync() async throws -> MergeOutcome {
            try await test.hub.merges.sync(
                fork.id, branch: nil, strategy: nil, dryRun: false, fastForwardOnly: true, by: bob)
        }
        let next = try await test.push(["a": "2"], to: record, onto: first, by: alice)
        #expect(try await sync().kind == .fastForward)
        let mine = try await test.push(["b": "2"], to: fork, onto: next, by: bob)
        #expect(try await sync().kind == .upToDate)
        try await test.push(["a": "3"], to: record, onto: next, by: alice)
        let error = await #expect(throws: HubError.self) { try await sync() }
        #expect(error?.description.contains("gone two ways: 1 commit only in bob/model") == true)
        #expect(try await test.hub.revisions.resolve("main", in: fork) == mine)
    }

    @Test func `a private repository cannot be merged from by those who may not see it`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let bob = try await scene.test.user("bob")
        let secret = try await scene.test.repository("bob/secret", visibility: .private, by: bob)
        try await scene.test.push(["README.md": "secret"], to: secret, by: bob)
        let order = MergeOrder(
            into: scene.record.id, branch: nil, from: secret.id, revision: "main", strategy: nil, message: nil,
            dryRun: true)
        await #expect(throws: HubError.repositoryNotFound("there is no model repository bob/secret")) {
            try await scene.test.hub.merges.merge(order, by: scene.alice)
        }
    }

    @Test func `what is not open to all is merged into what is only by who may write it`() async throws {
        let test = try await TestHub()
        let (alice, bob) = (try await test.user("alice"), try await test.user("bob"))
        _ = try await test.hub.accounts.createOrganization("acme", administrator: "alice")
        try await test.hub.accounts.setMember("bob", of: "acme", role: .read)
        let source = try await test.repository("acme/model", by: alice)
        let start = try await test.push(["a.txt": "1"], to: source, by: alice)
        let fork = try await test.hub.repositories.fork(
            source.id, to: RepositoryID(.model, parsing: "bob/model"), visibility: .public, by: bob)
        try await test.hub.repositories.setVisibility(.private, of: source.id, by: alice)
        try await test.push(["b.txt": "2"], to: source, onto: start, by: alice)
        let order = MergeOrder(
            into: fork.id, branch: nil, from: source.id, revision: "main", strategy: nil, message: nil, dryRun: false)
        let error = await #expect(throws: HubError.self) { try await test.hub.merges.merge(order, by: bob) }
        #expect(error?.description.contains("'write'") == true)
        try await test.hub.accounts.setMember("bob", of: "acme", role: .write)
        #expect(try await test.hub.merges.merge(order, by: bob).kind == .fastForward)
    }

    @Test func `a comparison that reads much is for those who say who they are`() async throws {
        let scene = try await Scene(ours: Self.changedA, theirs: Self.changedB)
        let comparisons = scene.test.hub.comparisons
        let error = await #expect(throws: HubError.self) {
            try await comparisons.compare(scene.ours, scene.theirs, in: scene.record, for: .anonymous, budget: 10)
        }
        #expect(error?.description.contains("logged in") == true)
        let small = try await comparisons.compare(scene.ours, scene.theirs, in: scene.record, for: .anonymous)
        let own = try await comparisons.compare(
            scene.ours, scene.theirs, in: scene.record, for: scene.alice, budget: 10)
        #expect(small.tensors.count == 2 && own.tensors.count == 2)
    }
}

extension TestHub {
    /// Makes a branch at a commit.
    fileprivate func branch(
        _ name: String, at commit: CommitID, in record: RepositoryRecord, by caller: Caller
    ) async throws {
        try await hub.pushes.publish(
            Push(
                to: record, by: caller, updates: [.init(try RefName(branch: name), from: nil, to: commit)], via: "test")
        )
    }
}
