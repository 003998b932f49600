import HubCore
import HubServices
import Testing

@Suite struct SSHCommandTests {
    private func parse(_ line: String) throws -> SSHCommand? {
        try SSHCommand(parsing: line, bareNameOwner: "library")
    }

    @Test(arguments: [
        ("git-upload-pack '/acme/tiny.git'", RepositoryID.Kind.model, "acme/tiny"),
        ("git upload-pack '/acme/tiny'", .model, "acme/tiny"), ("git-upload-pack acme/tiny.git", .model, "acme/tiny"),
        ("git-upload-pack 'acme/tiny.git/'", .model, "acme/tiny"),
        ("git-upload-pack '/gpt2.git'", .model, "library/gpt2"),
        ("git-upload-pack '/datasets/acme/text.git'", .dataset, "acme/text"),
        (#"git-upload-pack /acme/\tiny.git"#, .model, "acme/tiny"),
    ])
    func `git's ways to name a repository are one`(_ line: String, _ kind: RepositoryID.Kind, _ name: String) throws {
        #expect(try parse(line) == .fetch(RepositoryID(kind, parsing: name)))
    }

    @Test func `a push and both ways of large files are told apart`() throws {
        let id = try RepositoryID(.model, parsing: "acme/tiny")
        #expect(try parse("git-receive-pack '/acme/tiny.git'") == .push(id))
        #expect(try parse("git receive-pack '/acme/tiny.git'") == .push(id))
        #expect(try parse("git-lfs-authenticate /acme/tiny.git upload") == .largeFiles(id, .upload))
        #expect(try parse("git-lfs-authenticate '/acme/tiny.git' 'download' 1234") == .largeFiles(id, .download))
    }

    @Test(arguments: [
        "", " ", "sh", "git", "scp -t x", "git-upload-pack 'a/b",
        "git-upload-pack 'a/b'; id", "git-upload-pack $(id)", "git-upload-pack \"a/b\"", "git-upload-pack a/b\nid",
        "git-upload-pack a/b | id", "git-upload-pack a/b\\", "git-upload-pack\0a/b",
    ]) func `anything else is no command`(_ line: String) throws {
        #expect(try parse(line) == nil)
    }

    @Test(arguments: [
        ("git-upload-archive 'a/b'", "git-upload-archive"), ("git foo", "git-foo"), ("git-shell 'x'", "git-shell"),
        ("git-upload-pack", "git-upload-pack"), ("git-upload-pack 'a/b' 'c'", "git-upload-pack"),
        ("git-lfs-transfer a/b upload", "git-lfs-transfer"),
    ])
    func `another command of git is known by its name`(_ line: String, _ name: String) throws {
        #expect(try parse(line) == .other(name))
    }

    @Test func `an operation git-lfs does not have is told those it has`() {
        #expect(
            throws: HubError.invalid("git-lfs-authenticate does not do 'erase': there is upload and download")
        ) { try parse("git-lfs-authenticate a/b erase") }
    }

    @Test func `a refusal says what is done instead, and commands no terminal`() {
        #expect(SSHCommand.refusal(of: "git-upload-archive").contains("clone the repository"))
        let refusal = SSHCommand.refusal(of: "git-\u{9B}31m")
        #expect(refusal.contains(#"git-\u{9B}31m"#) && refusal.contains("git-receive-pack (push)"))
    }

    @Test(arguments: ["'/'", "'a/b/c'", "'../b'", "'a/..'", "'a'\\''b/c'", "''", "'/a/b c'", "'-a/b'"])
    func `a path that names no repository looks like one that is absent`(_ path: String) {
        let error = #expect(throws: HubError.self) { try parse("git-upload-pack \(path)") }
        #expect({ if case .repositoryNotFound = error { true } else { false } }())
    }
}
