import HubChunks
import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct LargeFileTests {
    /// A repository with a large file that came with its second commit, was moved by the third, and a tag and a branch.
    struct History {
        let test: TestHub
        let alice: Caller
        let record: RepositoryRecord
        let pointer: LFSPointer
        let first: CommitID

        init() async throws {
            test = try await TestHub()
            alice = try await test.user("alice")
            record = try await test.repository("alice/model", by: alice)
            pointer = try await test.upload([UInt8](repeating: 7, count: 5000), to: record, by: alice)
            let other = try await test.upload([UInt8](repeating: 8, count: 5000), to: record, by: alice)
            first = try await test.push(["README.md": "one"], to: record, by: alice)
            let second = try await test.push(
                ["deep/down/big.dat": pointer.text, "deep/kept.dat": other.text], to: record, onto: first, by: alice)
            try await test.push(["README.md": "two"], to: record, onto: second, by: alice)
            try await branch("side", from: second, with: "deep/extra")
        }

        private func branch(_ name: String, from parent: CommitID, with path: String) async throws {
            let author = Signature(name: "alice", email: "alice@example.org", seconds: test.clock.seconds)
            let commit = try await test.git.write(record.rowID) { git in
                try git.writeCommit(
                    [.put(path: path, bytes: [1])], onto: parent, parents: [parent], author: author, message: "side\n")
            }
            try await test.hub.pushes.publish(
                Push(
                    to: record, by: alice, updates: [.init(try RefName(branch: name), from: nil, to: commit)],
                    via: "api"))
        }

        func paths(_ revision: String) async throws -> [String] {
            let commit = try await test.hub.revisions.require(revision, in: record)
            return try await test.hub.revisions.files(at: commit, in: record).map(\.path)
        }
    }

    @Test func `every large file is listed once, newest first, page by page`() async throws {
        let it = try await History()
        let all = try await it.test.hub.largeFiles.list(it.record.id, after: nil, limit: 10, for: it.alice)
        #expect(all.map(\.path) == ["deep/kept.dat", "deep/down/big.dat"])
        #expect(all.map(\.size) == [5000, 5000])
        #expect(all.map(\.ref) == ["refs/heads/main", "refs/heads/main"])
        let first = try await it.test.hub.largeFiles.list(it.record.id, after: nil, limit: 1, for: it.alice)
        let second = try await it.test.hub.largeFiles.list(
            it.record.id, after: first.last?.place, limit: 1, for: it.alice)
        #expect((first + second).map(\.digest) == all.map(\.digest))
    }

    @Test func `a file deleted for good is in no revision of any ref`() async throws {
        let it = try await History()
        try await it.test.hub.largeFiles.delete(
            [it.pointer.digest], from: it.record.id, rewritingHistory: true, by: it.alice)
        let log = try await it.test.hub.revisions.log(
            from: it.test.hub.revisions.require("main", in: it.record), skip: 0, limit: 10, in: it.record)
        #expect(log.count == 3)
        #expect(log.last?.id == it.first)
        for commit in log {
            let files = try await it.test.hub.revisions.files(at: commit.id, in: it.record)
            #expect(!files.contains { $0.pointer?.digest == it.pointer.digest })
        }
        #expect(try await it.paths("main") == ["README.md", "deep/kept.dat"])
        #expect(try await it.paths("side") == ["README.md", "deep/extra", "deep/kept.dat"])
        let left = try await it.test.hub.largeFiles.list(it.record.id, after: nil, limit: 10, for: it.alice)
        #expect(left.map(\.path) == ["deep/kept.dat"])
        #expect(try await it.test.content.isLinked(it.pointer.digest, to: it.record.rowID) == false)
    }

    @Test func `a merged pull request names what its commits have become, also when the old ones are swept`()
        async throws
    {
        let it = try await History()
        let main = try await it.test.hub.revisions.require("main", in: it.record)
        try await it.test.propose(["more": "1"], to: it.record, onto: main, by: it.alice)
        let before = try #require(
            try await it.test.hub.pullRequests.merge(1, of: it.record.id, .init(force: true), by: it.alice)
                .discussion.merge)

        try await it.test.hub.largeFiles.delete(
            [it.pointer.digest], from: it.record.id, rewritingHistory: true, by: it.alice)
        try await it.test.hub.sweeper.sweepObjects()
        it.test.clock.advance(by: 22 * 86_400)
        try await it.test.hub.sweeper.sweepObjects()

        let discussion = try await it.test.hub.discussions.find(1, in: it.record)
        let merge = try #require(discussion.merge)
        #expect(merge.base != before.base && merge.head != before.head && merge.commit != before.commit)
        #expect(try await it.test.hub.revisions.require("main", in: it.record) == merge.commit)
        let ends = try #require(try await it.test.hub.pullRequestChanges.ends(of: discussion, in: it.record))
        #expect(try await it.test.hub.pullRequestChanges.diff(of: ends, in: it.record).contains("+++ b/more"))
        #expect(try await it.test.git.read(it.record.rowID) { try !$0.keeps(before.head) })
    }

    @Test func `without rewriting the name stays and leads to nothing`() async throws {
        let it = try await History()
        try await it.test.hub.largeFiles.delete(
            [it.pointer.digest], from: it.record.id, rewritingHistory: false, by: it.alice)
        let head = try await it.test.hub.revisions.require("main", in: it.record)
        #expect(try await it.paths("main").contains("deep/down/big.dat"))
        await #expect(
            throws: HubError.entryNotFound("the content of 'deep/down/big.dat' was deleted from alice/model for good")
        ) {
            try await it.test.hub.revisions.open("deep/down/big.dat", at: head, in: it.record)
        }
        _ = try await it.test.hub.revisions.open("deep/kept.dat", at: head, in: it.record)
    }

    @Test func `a fork keeps what its upstream deletes`() async throws {
        let it = try await History()
        let fork = try await it.test.hub.repositories.fork(
            it.record.id, to: RepositoryID(.model, parsing: "alice/same"), visibility: nil, by: it.alice)
        try await it.test.hub.largeFiles.delete(
            [it.pointer.digest], from: it.record.id, rewritingHistory: true, by: it.alice)
        let head = try await it.test.hub.revisions.require("main", in: fork)
        _ = try await it.test.hub.revisions.open("deep/down/big.dat", at: head, in: fork)
        let files = try await it.test.hub.largeFiles.list(fork.id, after: nil, limit: 10, for: it.alice)
        #expect(files.map(\.path).contains("deep/down/big.dat"))
    }

    @Test func `only an administrator deletes, and only what is there`() async throws {
        let it = try await History()
        let bob = try await it.test.user("bob")
        await #expect(throws: HubError.self) {
            try await it.test.hub.largeFiles.delete(
                [it.pointer.digest], from: it.record.id, rewritingHistory: true, by: bob)
        }
        let absent = try ContentDigest(parsing: String(repeating: "ab", count: 32))
        await #expect(throws: HubError.entryNotFound("alice/model has no large file \(absent.hex)")) {
            try await it.test.hub.largeFiles.delete(
                [it.pointer.digest, absent], from: it.record.id, rewritingHistory: true, by: it.alice)
        }
        #expect(try await it.paths("main").contains("deep/down/big.dat"))
        await #expect(throws: HubError.self) {
            try await it.test.hub.largeFiles.list(it.record.id, after: nil, limit: 10, for: bob)
        }
    }

    @Test func `a copied file can be published where it was copied to, without sending it`() async throws {
        let it = try await History()
        let target = try await it.test.repository("alice/copy", by: it.alice)
        let stored = try #require(try await it.test.content.content(it.pointer.digest))
        let absent = try await it.test.hub.largeFiles.duplicate(
            [.init(digest: it.pointer.digest, xetHash: stored.fileHash)], from: it.record.id, to: target.id,
            by: it.alice)
        #expect(absent.isEmpty)
        #expect(try await it.test.hub.lfs.isPresent(it.pointer, in: target, for: it.alice))
        try await it.test.push(["big.dat": it.pointer.text], to: target, by: it.alice)
    }

    @Test func `what the source does not have cannot be copied from it`() async throws {
        let it = try await History()
        let bob = try await it.test.user("bob")
        let mine = try await it.test.repository("bob/mine", by: bob)
        let empty = try await it.test.repository("alice/empty", by: it.alice)
        let wish = LargeFileService.Wish(digest: it.pointer.digest, xetHash: nil)
        let absent = try await it.test.hub.largeFiles.duplicate([wish], from: empty.id, to: mine.id, by: bob)
        #expect(absent == [it.pointer.digest])
        #expect(try await it.test.hub.lfs.isPresent(it.pointer, in: mine, for: bob) == false)
        await #expect(throws: HubError.self) {
            try await it.test.hub.largeFiles.duplicate([wish], from: it.record.id, to: empty.id, by: bob)
        }
    }
}
