import HubCore
import HubGit
import Testing

@Suite struct PathChangesTests {
    /// What `changes` does to a base of three files, and what that changes of some paths.
    private func changed(
        _ changes: [[FileChange]], at paths: Set<String> = ["a", "deep/down/b", "deep/c", "absent/d"]
    ) async throws -> Set<String> {
        let hub = try await TestStore()
        let base = try await hub.commit([.put("a", "1"), .put("deep/down/b", "2"), .put("deep/c", "3")])
        return try await hub.store.write(1) { git in
            var tip = base
            var commits: [CommitID] = []
            for change in changes {
                tip = try git.writeCommit(change, onto: tip, parents: [tip], author: .tester(), message: "change\n")
                commits.append(tip)
            }
            return try git.changes(of: paths, by: commits)
        }
    }

    @Test func `what a later commit takes back was changed`() async throws {
        #expect(try await changed([[.put("a", "2")], [.put("a", "1")]]) == ["a"])
        #expect(try await changed([[.delete(path: "deep/down/b")], [.put("deep/down/b", "2")]]) == ["deep/down/b"])
        #expect(try await changed([[.put("absent/d", "1")], [.delete(path: "absent/d")]]) == ["absent/d"])
    }

    @Test func `what stands beside a path does not change it`() async throws {
        #expect(try await changed([[.put("b", "1"), .put("deep/down/d", "1"), .put("deep/e", "2")]]).isEmpty)
        #expect(try await changed([[.put("a", "2"), .put("deep/c", "4")]], at: []).isEmpty)
    }

    @Test func `a file in the place of a directory, or the other way round, is a change of both`() async throws {
        #expect(try await changed([[.delete(path: "deep/c"), .put("deep/c/x", "1")]]) == ["deep/c"])
        let gone: [FileChange] = [.delete(path: "deep/down/b"), .delete(path: "deep/c")]
        #expect(try await changed([gone, [.put("deep", "1")]]) == ["deep/down/b", "deep/c"])
        #expect(try await changed([gone, [.put("deep", "1")]], at: ["deep", "deep/e"]) == ["deep"])
    }

    @Test func `a merge changes what is none of its parents', a first commit all it has`() async throws {
        let hub = try await TestStore()
        let base = try await hub.commit([.put("a", "1"), .put("b", "1")])
        let (taken, mixed, first) = try await hub.store.write(1) { git in
            let one = try git.writeCommit(
                [.put("a", "2")], onto: base, parents: [base], author: .tester(), message: "one\n")
            let other = try git.writeCommit(
                [.put("b", "2")], onto: base, parents: [base], author: .tester(), message: "other\n")
            let merge = try git.writeCommit(
                [.put("b", "2")], onto: one, parents: [one, other], author: .tester(), message: "merge\n")
            let edited = try git.writeCommit(
                [.put("a", "3"), .put("b", "2")], onto: one, parents: [one, other], author: .tester(), message: "x\n")
            return (
                try git.changes(of: ["a", "b"], by: [merge]), try git.changes(of: ["a", "b"], by: [edited]),
                try git.changes(of: ["a", "b", "c"], by: [base])
            )
        }
        #expect(taken.isEmpty)
        #expect(mixed == ["a"])
        #expect(first == ["a", "b"])
    }
}
