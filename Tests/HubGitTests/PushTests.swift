import HubCore
import HubGit
import Testing

@Suite struct PushTests {
    @Test(arguments: [1, 3, 1 << 20])
    func `a pack of stock git is taken in, whatever pieces it comes in`(pieces: Int) async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "for i in 1 2 3 4; do seq 1 $((i*400)) >f; seq 1 $i >g$i; git add .; git commit -qm $i; done", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let request = PushRequest(
            commands: [(nil, head, "refs/heads/main")],
            pack: try await hub.pack("HEAD", in: work, "--delta-base-offset"))

        let push = try await hub.receive(request, pieces: pieces)
        let content = try await hub.check(push)

        #expect(content.commits.count == 4)
        #expect(content.commits.first == head)
        #expect(content.problems.isEmpty)
        #expect(Set(content.files.map(\.path)) == ["f", "g1", "g2", "g3", "g4"])
    }

    @Test func `a pack that finds no place on the disk is told in the report`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("seq 1 9 >f; git add .; git commit -qm 1", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let request = PushRequest(
            commands: [(nil, head, "refs/heads/main")], pack: try await hub.pack("HEAD", in: work))

        var push = try await ReceivePack.receive(Pieces(bytes: request.bytes), scratch: "\(hub.folder)/absent")
        try await push.unpack(in: 1, of: hub.store)

        let problem = try #require(push.problem)
        #expect(problem.contains("\(hub.folder)/absent"))
        #expect(push.quarantine == nil && push.commands.map(\.ref) == [.main])
        #expect(push.report([RefStatus(.main, problem: problem)]).text.contains("unpack could not make a file"))
    }

    @Test func `what was pushed can be fetched, and stock git finds it sound`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell(
            "seq 1 3000 >f; git add .; git commit -qm 1; seq 2 3000 >f; git commit -qam 2; git tag -am t v1", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let tag = try await ObjectID(parsing: hub.git("rev-parse", "v1", in: work).line)
        try await hub.push(
            PushRequest(
                commands: [(nil, head, "refs/heads/main"), (nil, tag, "refs/tags/v1")],
                pack: try await hub.pack("HEAD v1", in: work)))

        let answer = try await hub.fetch(["want \(tag.hex) side-band-64k", "flush", "done"])

        let clone = try await hub.makeRepository("clone")
        try await hub.git("index-pack", "--strict", "--stdin", in: clone, input: answer.pack)
        try await hub.git("update-ref", "refs/tags/v1", tag.hex, in: clone)
        #expect(try await hub.git("fsck", "--full", "--strict", in: clone).isEmpty)
        #expect(try await hub.git("rev-parse", "v1^{commit}", in: clone).line == head.hex)
        #expect(answer.opening == "NAK\n")
    }

    @Test func `a thin pack stands on what the repository has`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("seq 1 3000 >f; git add .; git commit -qm 1", in: work)
        let old = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        try await hub.push(PushRequest(commands: [(nil, old, "refs/heads/main")], pack: hub.pack("HEAD", in: work)))
        try await hub.shell("seq 1 3001 >f; git commit -qam 2", in: work)
        let new = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let thin = try await hub.pack("HEAD ^\(old.hex)", in: work, "--thin")

        let content = try await hub.push(PushRequest(commands: [(old, new, "refs/heads/main")], pack: thin))

        let text = try await hub.store.read(1) { git in
            try git.entry(at: "f", in: new).map { try git.readBlob($0.id, limit: 1 << 20).text }
        }
        #expect(thin.count < 1000)
        #expect(content.commits == [new])
        #expect(text == (1...3001).map { "\($0)\n" }.joined())
    }

    @Test func `pointers and sizes of new files are listed, and those of old files are not`() async throws {
        let hub = try await TestStore()
        let pointer = LFSPointer(
            digest: try ContentDigest(parsing: String(repeating: "a", count: 64)), size: 7)
        let first = try await hub.commit([.put("w", pointer.text), .put("r", "text")])
        let next = LFSPointer(digest: try ContentDigest(parsing: String(repeating: "b", count: 64)), size: 8)

        let content = try await hub.store.write(1) { git in
            let made = try git.writeCommit(
                [.put("d/x", next.text), .put("d/y", pointer.text), .put("d/z", "12345")], onto: first,
                parents: [first],
                author: .tester(), message: "more")
            return try git.newContent(in: [made])
        }

        #expect(content.pointers.map(\.path) == ["d/x"])
        #expect(content.pointers.map(\.pointer) == [next])
        #expect(content.files.map(\.path).sorted() == ["d/x", "d/z"])
        #expect(content.files.map(\.size).sorted() == [5, next.text.utf8.count])
    }

    @Test func `of two pushes onto the same head one wins, and the other learns the new head`() async throws {
        let hub = try await TestStore()
        let head = try await hub.commit([.put("a", "0")])
        let push = { @Sendable (text: String) async throws -> (won: ObjectID?, lostTo: ObjectID?) in
            try await hub.store.write(1) { git in
                let made = try git.writeCommit(
                    [.put("a", text)], onto: head, parents: [head], author: .tester(), message: text)
                do {
                    try git.move(.main, from: head, to: made)
                    return (made, nil)
                } catch let error as GitError where error.code == .modified {
                    return (nil, error.head)
                }
            }
        }

        async let one = push("1")
        async let other = push("2")
        let outcomes = try await [one, other]

        let winners = outcomes.compactMap(\.won)
        #expect(winners.count == 1)
        #expect(outcomes.compactMap(\.lostTo) == winners)
    }

    @Test func `the report says per ref what became of it, as git reads it`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])
        let push = try await hub.receive(
            PushRequest(commands: [(commit, nil, "refs/heads/main"), (commit, nil, "refs/heads/other")]))

        let report =
            push.remark(["look here"])
            + push.report([RefStatus(.main), RefStatus(try RefName(branch: "other"), problem: "no such\nref")])

        let lines = "000eunpack ok\n0017ok refs/heads/main\n0025ng refs/heads/other no such; ref\n0000"
        let band = String(lines.utf8.count + 5, radix: 16)
        #expect(report.text == "000f\u{2}look here\n00\(band)\u{1}\(lines)0000")
        #expect(push.quarantine == nil)
        #expect(push.problem == nil)
    }

    @Test func `while the hub works, empty packets of data keep the connection`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])

        let push = try await hub.receive(PushRequest(commands: [(commit, nil, "refs/heads/main")]))

        #expect(push.keepAlive.text == "0005\u{1}")
    }

    @Test func `a branch that was forced is told so to who understands it`() async throws {
        let hub = try await TestStore()
        let commit = try await hub.commit([.put("a", "1")])
        let request = PushRequest(
            commands: [(commit, nil, "refs/heads/main")], capabilities: "report-status report-status-v2")

        let report = try await hub.receive(request).report([RefStatus(.main, isForced: true)])

        #expect(report.text == "000eunpack ok\n0017ok refs/heads/main\n0019option forced-update\n0000")
    }

    @Test func `git's probe without commands is answered with nothing`() async throws {
        let hub = try await TestStore()

        let push = try await hub.receive(PushRequest())

        #expect(push.commands.isEmpty)
        #expect(push.report([]).isEmpty)
    }

    @Test func `an empty repository is advertised so that git can push to it`() async throws {
        let hub = try await TestStore()

        let lines = try await hub.store.read(1) { git in try ReceivePack.advertisement(of: git).text }

        #expect(lines.hasPrefix("001f# service=git-receive-pack\n0000"))
        #expect(lines.contains("\(String(repeating: "0", count: 40)) capabilities^{}\0report-status"))
    }
}
