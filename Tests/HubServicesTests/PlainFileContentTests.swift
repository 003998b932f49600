import Foundation
import HubChunks
import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

/// A hub that keeps large plain files in chunks, and what a push brings to it.
private struct ChunkingHub {
    let test: TestHub
    let alice: Caller
    let record: RepositoryRecord

    init(_ mode: LargePlainFiles = .chunk) async throws {
        var limits = HubLimits()
        limits.plainFileBytes = 1 << 20
        limits.largePlainFiles = mode
        test = try await TestHub(limits: limits)
        alice = try await test.user("alice")
        record = try await test.repository("alice/model", by: alice)
    }

    /// Publishes a commit with objects of its own, as a push of git does.
    @discardableResult
    func bring(
        _ files: [(path: String, bytes: [UInt8])],
        deleting deleted: [String] = [],
        onto parent: CommitID? = nil,
        branch: String = "main",
        to record: RepositoryRecord? = nil
    ) async throws -> CommitID {
        let record = record ?? self.record
        var draft = try ObjectDraft(scratch: FileManager.default.temporaryDirectory.path)
        var changes = deleted.map { FileChange.delete(path: $0) }
        for file in files { changes.append(.link(path: file.path, blob: try await draft.addBlob(file.bytes))) }
        let list = changes
        let author = Signature(name: "alice", email: "a@example.org", seconds: 1)
        let made = try await test.git.draft(
            onto: parent, parents: parent.map { [$0] } ?? [], author: author, message: "change\n", in: record.rowID,
            with: draft
        ) { _, _ in list }
        let ref = try RefName(branch: branch)
        let old = try await test.git.read(record.rowID) { git in try git.ref(ref)?.commit }
        try await test.hub.pushes.publish(
            Push(
                to: record, by: alice, updates: [.init(ref, from: old, to: made.id)],
                quarantine: made.objects.quarantine, via: "git"))
        return made.id
    }

    func bytes(_ path: String, at commit: CommitID, in record: RepositoryRecord? = nil) async throws -> [UInt8] {
        let reader = try await test.hub.revisions.open(path, at: commit, in: record ?? self.record).reader
        return try await reader.read(0..<reader.count)
    }

    func place(_ path: String, at commit: CommitID) async throws -> BlobPlace? {
        try await test.git.read(record.rowID) { git in
            try git.entry(at: path, in: commit).map { try git.blob($0.id) }
        }
    }
}

private func noise(_ seed: UInt64, count: Int = 3 << 20) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

@Suite struct PlainFileContentTests {
    @Test func `a plain file over the limit rests in chunks and reads as it was`() async throws {
        let hub = try await ChunkingHub()
        let large = noise(1)

        let commit = try await hub.bring([("large.raw", large), ("small.txt", Array("small".utf8))])

        let place = try await hub.place("large.raw", at: commit)
        guard case .chunks = place else {
            Issue.record("the file rests in the database")
            return
        }
        #expect(try await hub.place("small.txt", at: commit) == .memory(Array("small".utf8)))
        #expect(try await hub.bytes("large.raw", at: commit) == large)
        let raw = try await hub.test.hub.revisions.openRaw("large.raw", at: commit, in: hub.record)
        #expect(try await raw.reader.read(100..<200) == Array(large[100..<200]))
        #expect(!raw.isLarge)
    }

    @Test func `a plain file over the limit is refused unless the hub is told to keep it`() async throws {
        let hub = try await ChunkingHub(.refuse)
        await #expect(throws: HubError.self) { try await hub.bring([("large.raw", noise(1))]) }
        #expect(try await hub.test.hub.revisions.refs(of: hub.record).isEmpty)
    }

    @Test func `a fork keeps a file in chunks when its parent goes and the store is swept`() async throws {
        let hub = try await ChunkingHub()
        let commit = try await hub.bring([("large.raw", noise(1))])
        let fork = try await hub.test.hub.repositories.fork(
            hub.record.id, to: RepositoryID(.model, parsing: "alice/copy"), visibility: nil, by: hub.alice)

        try await hub.test.hub.repositories.delete(hub.record.id, by: hub.alice)
        _ = try await hub.test.content.sweep(grace: 0)

        #expect(try await hub.bytes("large.raw", at: commit, in: fork) == noise(1))
    }

    @Test func `who brings a file that was swept after its repository went has it whole`() async throws {
        let hub = try await ChunkingHub()
        try await hub.bring([("large.raw", noise(1))])
        let other = try await hub.test.repository("alice/other", by: hub.alice)
        try await hub.test.hub.repositories.delete(hub.record.id, by: hub.alice)
        let swept = try await hub.test.content.sweep(grace: 0)

        let commit = try await hub.bring([("again.raw", noise(1))], to: other)

        #expect(swept.contents == 1)
        #expect(try await hub.bytes("again.raw", at: commit, in: other) == noise(1))
    }

    @Test func `what both sides did to others is merged beside files in chunks that one renamed`() async throws {
        let hub = try await ChunkingHub()
        var changed = noise(1)
        changed[7] ^= 1
        let base = try await hub.bring([("a.raw", noise(1)), ("text", Array("1\n2\n3\n4\n5\n".utf8))])
        let ours = try await hub.bring([("text", Array("0\n2\n3\n4\n5\n".utf8))], onto: base)
        let theirs = try await hub.bring(
            [("b.raw", changed), ("text", Array("1\n2\n3\n4\n6\n".utf8))], deleting: ["a.raw"], onto: base,
            branch: "side")

        let merge = try await hub.test.git.read(hub.record.rowID) { git in
            try git.mergeTrees(base: base, ours: ours, theirs: theirs)
        }

        #expect(merge.conflicts.isEmpty)
    }

    @Test func `a file in chunks that both sides changed is a conflict`() async throws {
        let hub = try await ChunkingHub()
        let base = try await hub.bring([("a.raw", noise(1)), ("text", Array("1\n".utf8))])
        let ours = try await hub.bring([("a.raw", noise(2))], onto: base)
        let theirs = try await hub.bring(
            [("a.raw", noise(3)), ("text", Array("2\n".utf8))], onto: base, branch: "side")

        let merge = try await hub.test.git.read(hub.record.rowID) { git in
            try git.mergeTrees(base: base, ours: ours, theirs: theirs)
        }

        #expect(merge.conflicts.map(\.path) == ["a.raw"])
        #expect(merge.conflicts.map(\.isText) == [false])
    }

    @Test func `a patch only says that a file in chunks differs`() async throws {
        let hub = try await ChunkingHub()
        let base = try await hub.bring([("a.raw", noise(1))])
        let next = try await hub.bring([("a.raw", noise(2))], onto: base)

        let patch = try await hub.test.git.read(hub.record.rowID) { git in
            try git.patch(from: base, to: next, limit: 1 << 20)
        }

        #expect(patch.text.contains("a.raw"))
    }
}
