import Foundation
import HubCore
import HubGit
import Testing

/// Which rules of `.gitattributes` and `.gitignore` fit which paths; stock git is the oracle.
@Suite struct PathRuleTests {
    private static let files: [String: String] = [
        ".gitattributes": """
        # weights
        [attr]weights filter=lfs diff=lfs merge=lfs -text
        *.bin filter=lfs diff=lfs merge=lfs -text
        saved_model/**/* filter=lfs diff=lfs merge=lfs -text
        *tfevents* filter=lfs -text
        /top.dat filter=lfs
        data/*.csv filter=lfs
        **/deep/x?.raw filter=lfs
        "with space*.dat" filter=lfs
        "tab\\there.dat" filter=lfs
        [ab]*.q filter=lfs
        [!a-c]z.q filter=lfs
        *.[[:digit:]][[:digit:]] filter=lfs
        *.w weights
        folder/ filter=lfs
        !no.txt filter=lfs
        esc\\*aped filter=lfs
        a/**/z filter=lfs
        all/** filter=other
        plain.bin -filter
        undone.bin !filter
        two.bin filter=lfs
        two.bin text
        [broken filter=lfs

        """,
        "sub/.gitattributes": "*.bin -filter\n*.txt filter=lfs\n/only.dat filter=lfs\nin/*.t filter=lfs\r\n",
        "sub/more/.gitattributes": "kept.bin filter=lfs\n",
        ".gitignore": """
        # rubbish
        *.log
        !keep.log
        /root.txt
        build/
        !build/inside.txt
        docs/*.html
        **/cache
        a/**/b
        trailing\\ \n\
        spaced   \n\
        \\#hash
        \\!bang
        [Tt]mp?
        logs/**
        !logs/
        x*y*z
        """,
        "sub/.gitignore": "*.md\n!*.log\n/here\n",
    ]

    private static let paths = [
        "a.bin", "sub/a.bin", "sub/more/a.bin", "sub/more/kept.bin", "deep/er/a.bin", "a.binx", "top.dat", "x/top.dat",
        "data/a.csv", "data/x/a.csv", "other/data/a.csv", "deep/x1.raw", "p/deep/x1.raw", "p/q/deep/x22.raw",
        "with space 1.dat", "tab\there.dat", "a1.q", "b.q", "c.q", "dz.q", "az.q", "m.12", "m.1", "x.w", "sub/x.w",
        "folder", "folder/a", "no.txt", "!no.txt", "esc*aped", "escXaped", "a/z", "a/b/z", "a/b/c/z", "b/a/z", "all/x",
        "all/x/y", "plain.bin", "undone.bin", "two.bin", "x/two.bin", "saved_model/v", "saved_model/1/v",
        "saved_model/1/2/v", "my.tfevents.1", "sub/n.txt", "sub/only.dat", "sub/x/only.dat", "sub/in/a.t", "in/a.t",
        "x.log", "keep.log", "d/x.log", "sub/x.log", "root.txt", "d/root.txt", "build/a", "build/inside.txt",
        "d/build/a",
        "docs/a.html", "docs/x/a.html", "cache", "d/cache/e", "a/b", "a/x/b", "a/x/y/b", "trailing ", "spaced", "#hash",
        "!bang", "tmp1", "Tmpx", "tmp", "logs/a", "logs/a/b", "xyz", "x1y2z", "xy/z", "sub/a.md", "sub/here",
        "sub/d/here",
        "é.bin", "sub/é.md",
    ]

    @Test func `paths get the filter stock git gives them`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit(Self.files.map { .put($0.key, $0.value) })
        let work = try await workingCopy(of: hub)
        let answers = try await hub.git(
            "check-attr", "-z", "--stdin", "filter", in: work, input: Array(Self.paths.joined(separator: "\0").utf8)
        ).text.split(separator: "\0", omittingEmptySubsequences: false)
        let expected = stride(from: 2, to: answers.count, by: 3).map { answers[$0] == "lfs" }

        let found = try await hub.store.read(1) { git in
            var rules = PathRuleSet()
            let tree = try git.commit(commit).tree
            return try Self.paths.map { try rules.isLarge($0, in: tree, git) ?? false }
        }

        #expect(expected.filter(\.self).count > 20)
        #expect(zip(Self.paths, zip(found, expected)).filter { $0.1.0 != $0.1.1 }.map(\.0) == [])
    }

    @Test func `the paths left out are those stock git leaves out`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit(Self.files.map { .put($0.key, $0.value) })
        let work = try await workingCopy(of: hub)
        let answers = try await hub.git(
            "check-ignore", "-z", "--stdin", "--no-index", "-v", "-n", in: work,
            input: Array(Self.paths.joined(separator: "\0").utf8)
        ).text.split(separator: "\0", omittingEmptySubsequences: false)
        let expected = stride(from: 2, to: answers.count, by: 4).map {
            !answers[$0].isEmpty && !answers[$0].hasPrefix("!")
        }

        let found = try await hub.store.read(1) { git in
            var rules = PathRuleSet()
            let tree = try git.commit(commit).tree
            return try Self.paths.map { try rules.isIgnored($0, in: tree, git) }
        }

        #expect(expected.filter(\.self).count > 20)
        #expect(zip(Self.paths, zip(found, expected)).filter { $0.1.0 != $0.1.1 }.map(\.0) == [])
    }

    @Test func `patterns made to take long are an error and no standstill`() async throws {
        let hub = try await TestStore()
        let pattern = String(repeating: "*a", count: 2000)
        let commit = try await hub.commit([
            .put(".gitattributes", String(repeating: "\(pattern)b filter=lfs\n", count: 200))
        ])
        await #expect(throws: GitError.self) {
            try await hub.store.read(1) { git in
                var rules = PathRuleSet()
                let path = String(repeating: "a", count: 4000)
                return try rules.isLarge(path, in: try git.commit(commit).tree, git)
            }
        }
    }

    private func workingCopy(of hub: TestStore) async throws -> String {
        let work = hub.folder + "/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        try await hub.git("init", "-q", in: work)
        for (path, text) in Self.files {
            let place = "\(work)/\(path)"
            let folder = place.split(separator: "/").dropLast().joined(separator: "/")
            try FileManager.default.createDirectory(atPath: "/" + folder, withIntermediateDirectories: true)
            try Data(text.utf8).write(to: URL(filePath: place))
        }
        return work
    }
}
