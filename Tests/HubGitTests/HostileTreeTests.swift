import HubCore
import HubGit
import Testing

@Suite struct HostileTreeTests {
    /// Pushes a commit of one tree whose bytes git itself would not write.
    private func push(
        _ entries: [(mode: String, name: [UInt8], id: String)], with blobs: [String] = [], oracle: Bool = false
    ) async throws -> NewContent {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        var ids = [String]()
        for blob in ["x"] + blobs {
            ids.append(try await hub.git("hash-object", "-w", "--stdin", in: work, input: Array(blob.utf8)).line)
        }
        var tree: [UInt8] = []
        for entry in entries {
            let hex = entry.id.count == 40 ? entry.id : ids[Int(entry.id) ?? 0]
            tree += Array("\(entry.mode) ".utf8) + entry.name + [0] + (try ObjectID(parsing: hex).bytes)
        }
        let treeID = try await hub.git(
            "hash-object", "-w", "-t", "tree", "--literally", "--stdin", in: work, input: tree
        ).line
        let commit = try await hub.git("commit-tree", treeID, "-m", "bad", in: work).line
        let list = Array(([treeID, commit] + ids).joined(separator: "\n").utf8) + [0x0A]
        let pack = try await StockGit.run(["pack-objects", "--stdout", "-q"], in: work, input: list)
        if oracle {
            let clone = try await hub.makeRepository("oracle")
            await #expect(throws: StockGit.Failure.self) {
                try await StockGit.run(["index-pack", "--strict", "--stdin"], in: clone, input: pack)
            }
        }
        let push = try await hub.receive(
            PushRequest(commands: [(nil, try ObjectID(parsing: commit), "refs/heads/main")], pack: pack))
        return try await hub.check(push)
    }

    @Test(arguments: [
        ".git", ".GIT", ".Git", "git~1", "GIT~1", ".git.", ".git ", ".git . .", ".git::$INDEX_ALLOCATION",
        ".g\u{200C}it",
        "\u{FEFF}.git", "..", ".", "..\\up", "a\\.git\\config", "a\u{1}b", "a\rb", "\u{7F}",
    ])
    func `a name no checkout should see is an error`(name: String) async throws {
        let content = try await push([("100644", Array(name.utf8), "0")])

        #expect(content.problems.count == 1)
        #expect(content.problems.first?.severity == .error)
    }

    @Test(arguments: [
        "100644 .git", "100644 .GIT", "40000 .git", "120000 .gitmodules", "120000 .GITMODULES", "120000 gitmod~1",
        "120000 GITMOD~4", "120000 gi7eba~1", "120000 .gitmodules .", "120000 .git\u{200C}modules",
        "120000 .gitmodules::$DATA", "100644 a/b", "100644 .", "100644 ..", "0100644 zero", "040000 zero",
    ])
    func `what stock git refuses in a tree is refused`(entry: String) async throws {
        let parts = entry.split(separator: " ", maxSplits: 1).map(String.init)
        var problems: [Finding] = []
        do {
            problems = try await push([(parts[0], Array(parts[1].utf8), "0")], oracle: true).problems
        } catch let error as GitError where error.code == .invalid {
            problems = [Finding(.error, error.message, in: "")]
        }

        #expect(!problems.isEmpty)
    }

    @Test(arguments: [
        (".gitmodules", "[submodule \"a\"]\n\turl = -u./evil\n\tpath = a\n"),
        (".gitmodules", "[submodule \"a\"]\n\tpath = -p\n\turl = x\n"),
        (".gitmodules", "[submodule \"a\"]\n\tupdate = !touch x\n\turl = x\n\tpath = b\n"),
        (".gitmodules", "[submodule \"../a\"]\n\turl = x\n\tpath = a\n"),
        (".gitattributes", "a " + String(repeating: "x", count: 3000) + "\n"),
    ])
    func `what stock git refuses in its own files is refused`(name: String, text: String) async throws {
        let content = try await push([("100644", Array(name.utf8), "1")], with: [text], oracle: true)

        #expect(content.problems.map(\.path) == [name])
    }

    @Test(arguments: [
        ("a\u{202E}txt.exe", #"a\u{202E}txt.exe"#), ("\u{FEFF}x", #"\u{FEFF}x"#), ("x\u{9B}", #"x\u{9B}"#),
    ])
    func `a name with characters that are not seen is remarked on`(name: String, shown: String) async throws {
        let content = try await push([("100644", Array(name.utf8), "0")])

        #expect(content.problems.map(\.severity) == [.warning])
        #expect(content.problems.first?.path == shown)
    }

    @Test func `a name that is not UTF-8 is an error`() async throws {
        let content = try await push([("100644", [0x61, 0xFF, 0xFE], "0")])

        #expect(content.problems.map(\.message) == ["the name is not UTF-8"])
    }

    @Test(arguments: [["README.md", "readme.md"], ["e\u{301}.txt", "\u{E9}.txt"], ["same", "same"]])
    func `two names that some file systems take for one are an error`(names: [String]) async throws {
        let content = try await push(names.map { ("100644", Array($0.utf8), "0") })

        #expect(content.problems.contains { $0.message.contains("case or composition") })
    }

    @Test func `names out of order are an error`() async throws {
        let content = try await push([("100644", Array("b".utf8), "0"), ("100644", Array("a".utf8), "0")])

        #expect(content.problems.map(\.message) == ["the directory is not in git's order"])
    }

    @Test(arguments: ["/etc/passwd", "../up", "a/../../up", "C:/x", "..\\up", ""])
    func `a symbolic link that leads outside is an error`(target: String) async throws {
        let content = try await push([("120000", Array("link".utf8), "1")], with: [target])

        #expect(content.problems.map(\.path) == ["link"])
    }

    @Test func `a symbolic link that stays inside is fine`() async throws {
        let content = try await push(
            [("120000", Array("link".utf8), "1"), ("100644", Array("model".utf8), "0")], with: ["./a/../model"])

        #expect(content.problems.isEmpty)
        #expect(content.files.map(\.path).sorted() == ["link", "model"])
    }

    @Test(arguments: [true, false])
    func `a link that was inside and is moved to where it leads outside is an error`(inOnePush: Bool) async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("mkdir -p a/b; ln -s ../../x a/b/l; echo x >x; git add .; git commit -qm 1", in: work)
        let first = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        try await hub.shell("git mv a/b b; git commit -qm 2", in: work)
        let second = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        var revisions = "HEAD"
        if !inOnePush {
            try await hub.push(
                PushRequest(commands: [(nil, first, "refs/heads/main")], pack: hub.pack(first.hex, in: work)))
            revisions = "HEAD ^\(first.hex)"
        }

        let push = try await hub.receive(
            PushRequest(commands: [(nil, second, "refs/heads/next")], pack: hub.pack(revisions, in: work)))
        let content = try await hub.check(push)

        #expect(content.problems.map(\.path) == ["b/l"])
    }

    @Test func `submodules and links in place of git's own files are errors`() async throws {
        let module = try await push([("160000", Array("sub".utf8), String(repeating: "1", count: 40))])
        let link = try await push([("120000", Array(".gitmodules".utf8), "1")], with: ["model"])

        #expect(module.problems.map(\.message) == ["submodules are not supported"])
        #expect(link.problems.map(\.message) == ["a file git reads must not be a symbolic link"])
    }

    @Test(arguments: ["0100644", "+40000", "644", "abc", "777777777"])
    func `a mode git does not write is refused`(mode: String) async throws {
        var refusal: String?
        do {
            refusal = try await push([(mode, Array("f".utf8), "0")]).problems.first?.message
        } catch let error as GitError {
            refusal = error.message
        }

        #expect(refusal != nil)
    }

    @Test func `a tree where a blob is named is refused`() async throws {
        await #expect(throws: GitError.self) { _ = try await push([("040000", Array("dir".utf8), "0")]) }
    }

    @Test func `a tree that unfolds into a million paths is an error, found out quickly`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        let script = """
            b=$(echo x | git hash-object -w --stdin); t=$(for i in $(seq 10 19); do printf "100644 blob $b\\t$i\\n"; done | git mktree)
            for n in 1 2 3 4 5 6 7 8; do
            t=$(for i in $(seq 10 19); do printf "040000 tree $t\\t$i\\n"; done | git mktree); done
            git update-ref refs/heads/main $(git commit-tree $t -m bomb)
            """
        try await hub.shell(script, in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "main", in: work).line)

        let push = try await hub.receive(
            PushRequest(commands: [(nil, head, "refs/heads/main")], pack: try await hub.pack("main", in: work)))
        let content = try await hub.check(push)

        #expect(content.problems.map(\.message) == ["the revision has more than 1000000 files and directories"])
        #expect(content.files.count == 1)
    }
}
