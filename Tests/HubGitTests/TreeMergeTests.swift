import HubCore
import HubGit
import Testing

@Suite struct TreeMergeTests {
    /// A base and two branches from it, in repository 1.
    private func fork(
        _ base: [FileChange], ours: [FileChange], theirs: [FileChange]
    ) async throws -> (hub: TestStore, base: CommitID, ours: CommitID, theirs: CommitID) {
        let hub = try await TestStore()
        let root = try await hub.commit(base)
        let side = try RefName(branch: "side")
        try await hub.store.write(1) { git in try git.move(side, from: nil, to: root) }
        let one = try await hub.commit(ours)
        let other = try await hub.commit(theirs, to: side)
        return (hub, root, one, other)
    }

    @Test func `lines changed apart merge by themselves, as git merges them`() async throws {
        let text = (1...20).map { "line \($0)\n" }.joined()
        let (hub, base, ours, theirs) = try await fork(
            [.put("a", text), .put("b", "1")],
            ours: [.put("a", text.replacing("line 2\n", with: "LINE 2\n"))],
            theirs: [.put("a", text.replacing("line 19\n", with: "LINE 19\n")), .put("c", "new"), .delete(path: "b")])

        // Planned on a snapshot, committed in a later transaction.
        let merge = try await hub.store.read(1) { git in try git.mergeTrees(base: base, ours: ours, theirs: theirs) }
        let files = try await hub.store.write(1) { git in
            let made = try git.commit(merge, resolving: [:], author: .tester(), message: "merge")
            try git.move(.main, from: ours, to: made)
            let entries = try git.tree(of: made, recursive: true)
            return try entries.map { [$0.path, try git.readBlob($0.id, limit: 1000).text] }
        }

        #expect(merge.conflicts.isEmpty)
        let merged = text.replacing("line 2\n", with: "LINE 2\n").replacing("line 19\n", with: "LINE 19\n")
        #expect(files == [["a", merged], ["c", "new"]])
    }

    @Test func `the base of two branches is found, and unrelated histories have none`() async throws {
        let (hub, base, ours, theirs) = try await fork(
            [.put("a", "1")], ours: [.put("a", "2")], theirs: [.put("a", "3")])
        let other = try await hub.commit([.put("z", "1")], to: RefName(branch: "other"))

        let (found, none, back, ahead) = try await hub.store.read(1) { git in
            (
                try git.mergeBase(ours, theirs), try git.mergeBase(ours, other), try git.isAncestor(base, of: theirs),
                try git.isAncestor(theirs, of: base)
            )
        }

        #expect(found == base)
        #expect(none == nil)
        #expect(back)
        #expect(!ahead)
    }

    @Test func `a file both sides changed is a conflict with its three sides`() async throws {
        let pointer = { (digit: String) in
            "version https://git-lfs.github.com/spec/v1\noid sha256:\(String(repeating: digit, count: 64))\nsize 5\n"
        }
        let (hub, base, ours, theirs) = try await fork(
            [.put("w", pointer("1")), .put("t", "base\n"), .put("d", "x")],
            ours: [.put("w", pointer("2")), .put("t", "ours\n"), .put("d", "y")],
            theirs: [.put("w", pointer("3")), .put("t", "theirs\n"), .delete(path: "d")])

        let merge = try await hub.store.read(1) { git in try git.mergeTrees(base: base, ours: ours, theirs: theirs) }
        let files = try await hub.store.write(1) { git in
            let made = try git.commit(
                merge, resolving: ["w": .theirs, "t": .bytes(Array("both\n".utf8)), "d": .delete], author: .tester(),
                message: "merge")
            return try git.tree(of: made, recursive: true).map { [$0.path, try git.readBlob($0.id, limit: 1000).text] }
        }

        #expect(merge.conflicts.map(\.path).sorted() == ["d", "t", "w"])
        #expect(merge.conflicts.filter(\.isText).map(\.path).sorted() == ["d", "t"])
        #expect(merge.conflicts.first { $0.path == "d" }?.theirs == nil)
        #expect(files == [["t", "both\n"], ["w", pointer("3")]])
    }

    @Test func `a merge with an open conflict cannot be committed`() async throws {
        let (hub, base, ours, theirs) = try await fork(
            [.put("t", "base\n")], ours: [.put("t", "ours\n")], theirs: [.put("t", "theirs\n")])

        let error = await #expect(throws: GitError.self) {
            try await hub.store.write(1) { git in
                let merge = try git.mergeTrees(base: base, ours: ours, theirs: theirs)
                _ = try git.commit(merge, resolving: [:], author: .tester(), message: "merge")
            }
        }

        #expect(error?.code == .unmerged)
    }
}
