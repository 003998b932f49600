import HubCore
import HubGit
import Testing

@Suite struct LastCommitTests {
    @Test func `each path has the commit that last changed it, a folder the last below it`() async throws {
        let hub = try await TestStore()
        let first = try await hub.commit([.put("a", "1"), .put("d/b", "1"), .put("d/e/c", "1")])
        let second = try await hub.commit([.put("d/b", "2")])
        let third = try await hub.commit([.put("z", "1")])

        let found = try await hub.store.read(1) { git in
            try git.lastCommits(of: ["a", "d", "d/b", "d/e", "d/e/c", "z"], at: third, limit: 100).mapValues(\.id)
        }

        #expect(
            found == ["a": first, "d": second, "d/b": second, "d/e": first, "d/e/c": first, "z": third])
    }

    @Test func `a merge is passed by on the side a path came from`() async throws {
        let hub = try await TestStore()
        let base = try await hub.commit([.put("ours", "1"), .put("theirs", "1"), .put("old", "1")])
        let ours = try await hub.commit([.put("ours", "2")])
        let (theirs, merge) = try await hub.store.write(1) { git in
            let theirs = try git.writeCommit(
                [.put("theirs", "2")], onto: base, parents: [base], author: .tester(), message: "theirs")
            let merge = try git.writeCommit(
                [.put("theirs", "2"), .put("both", "new")], onto: ours, parents: [ours, theirs], author: .tester(),
                message: "merge")
            return (theirs, merge)
        }

        let found = try await hub.store.read(1) { git in
            try git.lastCommits(of: ["ours", "theirs", "old", "both"], at: merge, limit: 100).mapValues(\.id)
        }

        #expect(found == ["ours": ours, "theirs": theirs, "old": base, "both": merge])
    }

    @Test func `what is older than the walk may go is left out`() async throws {
        let hub = try await TestStore()
        try await hub.commit([.put("old", "1")])
        try await hub.commit([.put("mid", "1")])
        let last = try await hub.commit([.put("new", "1")])

        let found = try await hub.store.read(1) { git in
            try git.lastCommits(of: ["old", "mid", "new"], at: last, limit: 2)
        }

        #expect(found.keys.sorted() == ["mid", "new"])
    }
}
