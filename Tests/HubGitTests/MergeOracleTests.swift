import HubCore
import HubGit
import Testing

/// Our merges beside those of stock git (`git merge-tree --write-tree`).
@Suite struct MergeOracleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let base: String
        let ours: String
        let theirs: String
    }

    static let cases = [
        Case(
            testDescription: "lines apart", base: "seq 1 50 >f", ours: "sed -i s/^3$/x/ f",
            theirs: "sed -i s/^40$/y/ f; echo n >n"),
        Case(
            testDescription: "a renamed file that the other side changed", base: "seq 1 50 >f; echo k >k",
            ours: "mkdir d; git mv f d/g", theirs: "sed -i s/^40$/y/ f"),
        Case(
            testDescription: "both delete, both add the same", base: "echo a >a; echo b >b",
            ours: "git rm -q a; echo c >c", theirs: "git rm -q a; echo c >c; echo b2 >>b"),
        Case(
            testDescription: "mode on one side, text on the other", base: "seq 1 9 >f", ours: "chmod +x f",
            theirs: "echo more >>f"),
        Case(
            testDescription: "a link changed on one side", base: "ln -s x l; echo x >x", ours: "echo y >y",
            theirs: "ln -sf y l"),
        Case(
            testDescription: "nested directories emptied and filled",
            base: "mkdir -p a/b/c; echo 1 >a/b/c/f; echo 2 >r",
            ours: "git rm -q a/b/c/f", theirs: "mkdir -p z/y; echo 3 >z/y/f"),
        Case(
            testDescription: "the same change on both sides", base: "seq 1 20 >f", ours: "sed -i s/^3$/x/ f; echo o >o",
            theirs: "sed -i s/^3$/x/ f"),
    ]

    @Test(arguments: cases)
    func `a clean merge gives the tree git gives`(example: Case) async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        let commit = "git add -A; git commit -qm"
        try await hub.shell(
            "\(example.base); \(commit) base; git branch theirs; \(example.ours); \(commit) ours", in: work)
        try await hub.shell("git checkout -q theirs; \(example.theirs); \(commit) theirs", in: work)
        let expected = try await hub.git("merge-tree", "--write-tree", "main", "theirs", in: work).line
        let expectedBase = try await hub.git("merge-base", "main", "theirs", in: work).line
        let ours = try await ObjectID(parsing: hub.git("rev-parse", "main", in: work).line)
        let theirs = try await ObjectID(parsing: hub.git("rev-parse", "theirs", in: work).line)
        try await hub.push(
            PushRequest(
                commands: [(nil, ours, "refs/heads/main"), (nil, theirs, "refs/heads/theirs")],
                pack: hub.pack("main theirs", in: work)))

        let (base, tree) = try await hub.store.write(1) { git in
            let base = try git.mergeBase(ours, theirs)
            let merge = try git.mergeTrees(base: base, ours: ours, theirs: theirs)
            let made = try git.commit(merge, resolving: [:], author: .tester(), message: "merge")
            return (base, try git.commit(made).tree)
        }

        #expect(base?.hex == expectedBase)
        #expect(tree.hex == expected)
    }

    @Test func `a merge across forks brings what the other side has and only that`() async throws {
        let hub = try await TestStore()
        let base = try await hub.commit([.put("a", "1"), .put("b", "1")])
        try await hub.store.write(2) { git in try git.copyRefs(from: 1) }
        let theirs = try await hub.commit([.put("b", "changed")], in: 2)
        let ours = try await hub.commit([.put("a", "2")])

        let (made, content) = try await hub.store.write(1) { git in
            let merge = try git.mergeTrees(base: try git.mergeBase(ours, theirs), ours: ours, theirs: theirs)
            let made = try git.commit(merge, resolving: [:], author: .tester(), message: "merge")
            return (made, try git.newContent(in: [made]))
        }

        #expect(Set(content.commits) == [made, theirs])
        #expect(content.files.map(\.path) == ["b"])
        #expect(content.commits.contains(base) == false)
    }
}
