import HubCore
import HubDatabase
import HubGit
import Testing

@Suite struct GitRepositoryTests {
    @Test func `blobs, trees and commits get the ids git gives them`() async throws {
        let hub = try await TestStore()

        let commit = try await hub.commit([
            .put("README.md", "hello\n"), .put("a/b/c.txt", "deep\n"), .put("a.txt", "beside\n"),
            .put(path: "run", bytes: Array("#!/bin/sh\n".utf8), mode: .executable),
        ])

        try await hub.git("init", "-q", "-b", "main")
        let script = """
            printf 'hello\\n' >README.md; mkdir -p a/b; printf 'deep\\n' >a/b/c.txt; printf 'beside\\n' >a.txt
            printf '#!/bin/sh\\n' >run; chmod +x run; git add README.md a a.txt run; git commit -qm change --cleanup=verbatim
            """
        try await hub.git("-c", "alias.do=!\(script)", "do")
        let tree = try await hub.git("rev-parse", "HEAD^{tree}").line
        let ours = try await hub.store.read(1) { git in try git.commit(commit) }
        #expect(ours.tree.hex == tree)
        #expect(ours.author == .tester())
        #expect(ours.title == "change")
    }

    @Test func `a path is found, and a tree is listed with sizes`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("README.md", "hello\n"), .put("a/b/c.txt", "deep!\n")])

        let (listed, entry, bytes) = try await hub.store.read(1) { git in
            let entry = try git.entry(at: "a/b/c.txt", in: commit)
            let bytes = try entry.map { try git.readBlob($0.id, limit: 100) }
            return (try git.tree(of: commit, recursive: true), entry, bytes)
        }

        #expect(listed.map(\.path) == ["README.md", "a", "a/b", "a/b/c.txt"])
        #expect(listed.map(\.size) == [6, 0, 0, 6])
        #expect(entry?.mode == .file)
        #expect(bytes?.text == "deep!\n")
    }

    @Test func `a ref moves only from where it stands`() async throws {
        let hub = try await TestStore()
        let first = try await hub.commit([.put("a", "1")])
        let second = try await hub.commit([.put("a", "2")])

        let error = await #expect(throws: GitError.self) {
            try await hub.store.write(1) { git in try git.move(.main, from: first, to: second) }
        }

        #expect(error?.code == .modified)
        #expect(error?.head == second)
    }

    @Test(arguments: ["main/x", "Main"])
    func `two refs that no file system can hold together are refused`(name: String) async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])

        let error = await #expect(throws: GitError.self) {
            try await hub.store.write(1) { git in try git.move(RefName(branch: name), from: nil, to: commit) }
        }

        #expect(error?.code == .exists)
    }

    @Test func `deleting the last file of a directory deletes the directory`() async throws {
        let hub = try await TestStore()
        try await hub.commit([.put("keep", "1"), .put("d/e/f", "2")])

        let commit = try await hub.commit([.delete(path: "d/e/f")])

        let paths = try await hub.store.read(1) { git in try git.tree(of: commit, recursive: true).map(\.path) }
        #expect(paths == ["keep"])
    }

    @Test(arguments: [
        "../up", ".git/config", "a//b", "/abs", "a/.GIT/x", "x\u{1}", "git~1/a", ".g\u{200C}it/a", "a\\.git", "",
    ])
    func `a path no checkout should see is refused`(path: String) async throws {
        let hub = try await TestStore()

        let error = await #expect(throws: GitError.self) { try await hub.commit([.put(path, "x")]) }

        #expect(error?.code == .invalidSpec)
    }

    @Test func `a commit only another repository reaches is not found`() async throws {
        let hub = try await TestStore()
        let shared = try await hub.commit([.put("a", "1")])
        try await hub.store.write(2) { git in try git.copyRefs(from: 1) }
        let secret = try await hub.commit([.put("secret", "s")], in: 2)

        let throughFork = try await hub.store.read(2) { git in try git.resolve(secret.hex) }
        let (throughParent, short, common) = try await hub.store.read(1) { git in
            (
                try git.resolve(secret.hex), try git.resolve(String(secret.hex.prefix(10))),
                try git.resolve(String(shared.hex.prefix(7)))
            )
        }

        #expect(throughFork == secret)
        #expect(throughParent == nil)
        #expect(short == nil)
        #expect(common == shared)
    }

    @Test func `a revision is a branch, a tag, a full name or an id`() async throws {
        let hub = try await TestStore()
        let first = try await hub.commit([.put("a", "1")])
        let second = try await hub.commit([.put("a", "2")])
        try await hub.store.write(1) { git in try git.move(RefName(tag: "v1"), from: nil, to: first) }

        let found = try await hub.store.read(1) { git in
            try ["main", "v1", "refs/heads/main", "HEAD", first.hex, "nothing", "0000000", "main^"].map {
                try git.resolve($0)
            }
        }

        #expect(found == [second, first, second, second, first, nil, nil, nil])
    }

    @Test func `history is listed newest first and counted`() async throws {
        let hub = try await TestStore()
        for number in 0..<5 {
            try await hub.commit(
                [.put("a", "\(number)")], message: "c\(number)", seconds: 1_700_000_000 + Int64(number))
        }

        let (titles, count) = try await hub.store.read(1) { git in
            let head = try #require(try git.resolve("main"))
            return (try git.log(from: head, skip: 1, limit: 2).map(\.title), try git.commitCount(from: head))
        }

        #expect(titles == ["c3", "c2"])
        #expect(count == 5)
    }

    @Test func `a difference names added, removed and changed files`() async throws {
        let hub = try await TestStore()
        let old = try await hub.commit([.put("same", "1"), .put("d/gone", "2"), .put("d/new", "3")])
        let new = try await hub.commit([.put("d/new", "33"), .delete(path: "d/gone"), .put("e/added", "4")])

        let changes = try await hub.store.read(1) { git in try git.diffTrees(old, new) }

        #expect(changes.map(\.path) == ["d/gone", "d/new", "e/added"])
        #expect(changes.map { $0.old?.size } == [1, 1, nil])
        #expect(changes.map { $0.new?.size } == [nil, 2, 1])
    }

    @Test func `an error of the database inside libgit2 comes out as it was`() async throws {
        let hub = try await TestStore()

        // A read transaction refuses the write that libgit2's callback attempts.
        await #expect(throws: SQLError.self) {
            try await hub.store.read(1) { git in _ = try git.writeBlob([1, 2, 3]) }
        }
    }
}
