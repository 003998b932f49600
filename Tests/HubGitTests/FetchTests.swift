import HubCore
import HubGit
import Testing

/// Conversations as clients hold them; the pack at the end is judged by stock git.
@Suite struct FetchTests {
    /// Five commits on main, each with a new line in `f` and a file of its own.
    private func line(_ hub: TestStore) async throws -> [CommitID] {
        var commits: [CommitID] = []
        for number in 1...5 {
            let text = (1...number).map { "\($0)\n" }.joined()
            commits.append(
                try await hub.commit(
                    [.put("f", text), .put("d\(number)/g", "\(number)")], message: "\(number)",
                    seconds: 1_700_000_000 + Int64(number)))
        }
        return commits
    }

    private let capabilities = "side-band-64k multi_ack_detailed ofs-delta"

    @Test func `the refs are advertised with HEAD first and tags peeled`() async throws {
        let hub = try await TestStore()
        let head = try await line(hub)[4]
        try await hub.store.write(1) { git in try git.setDefaultBranch(.main) }

        let text = try await hub.store.read(1) { git in try UploadPack.advertisement(of: git).text }

        #expect(text.contains("\(head) HEAD\0multi_ack thin-pack"))
        #expect(text.contains("symref=HEAD:refs/heads/main"))
        #expect(text.hasSuffix("\(head) refs/heads/main\n0000"))
    }

    @Test(.timeLimit(.minutes(1)))
    func `a history can be cut at a ref that nobody has asked about since the start`() async throws {
        let hub = try await TestStore()
        let commits = try await line(hub)
        let ahead = try RefName(branch: "ahead")
        try await hub.store.write(1) { git in
            try git.move(ahead, from: nil, to: commits[4])
            try git.move(.main, from: commits[4], to: commits[3])
        }
        let fresh = UploadPack(store: GitStore(database: hub.database))
        let lines = ["want \(commits[3].hex) \(capabilities) deepen-not", "deepen-not ahead", "flush", "done"]
        var body: [UInt8] = []
        for line in lines { body += line == "flush" ? Array("0000".utf8) : PushRequest.packet(line + "\n") }

        var answer: [UInt8] = []
        for try await piece in try await fresh.answer(body, in: 1) { answer += piece }

        #expect(answer.text.contains("no commits selected for shallow requests"))
    }

    @Test func `a ref is listed if it begins with one of the prefixes, in whatever order they come`() async throws {
        let hub = try await TestStore()
        let commits = try await line(hub)
        for name in ["a", "ab", "b/c", "zz"] {
            let ref = try RefName(branch: name)
            try await hub.store.write(1) { git in try git.move(ref, from: nil, to: commits[0]) }
        }
        let prefixes = ["refs/heads/zz", "refs/heads/a", "refs/heads/ab", "refs/heads/b/", "refs/heads/nothing"]
        let lines =
            ["command=ls-refs\n"].map { PushRequest.packet($0) } + [Array("0001".utf8)]
            + prefixes.map { PushRequest.packet("ref-prefix \($0)\n") } + [Array("0000".utf8)]

        var answer: [UInt8] = []
        let body = lines.flatMap { $0 }
        for try await piece in try await UploadPack(store: hub.store).answer(body, version: .two, in: 1) {
            answer += piece
        }

        let names = answer.text.split(separator: "\n").compactMap { $0.split(separator: " ").last }.dropLast()
        #expect(names == ["refs/heads/a", "refs/heads/ab", "refs/heads/b/c", "refs/heads/zz"])
    }

    @Test func `what both have is acknowledged, and only the rest is sent`() async throws {
        let hub = try await TestStore()
        let commits = try await line(hub)
        let stranger = String(repeating: "1", count: 40)
        let opening = ["want \(commits[4].hex) \(capabilities)", "flush", "have \(commits[2].hex)"]

        let asked = try await hub.fetch(opening + ["have \(stranger)", "flush"])
        let ready = try await hub.fetch(opening + ["flush"])
        let answer = try await hub.fetch(opening + ["done"])

        // One commit in common is enough, so whatever else the client has is answered as git does: stop asking.
        #expect(asked.opening == "ACK \(commits[2]) common\nACK \(stranger) ready\nNAK\n")
        #expect(ready.opening == "ACK \(commits[2]) common\nACK \(commits[2]) ready\nNAK\n")
        #expect(answer.opening == "ACK \(commits[2]) common\nACK \(commits[2])\n")
        // Two commits, each with a root tree, a directory, and two blobs.
        #expect(answer.pack[8..<12].elementsEqual([0, 0, 0, 10]))
    }

    @Test func `a client that needs no done gets its pack with the acknowledgement`() async throws {
        let hub = try await TestStore()
        let commits = try await line(hub)

        let answer = try await hub.fetch(
            ["want \(commits[4].hex) \(capabilities) no-done", "flush", "have \(commits[3].hex)", "flush"])

        #expect(answer.opening.hasSuffix("ready\nNAK\nACK \(commits[3])\n"))
        #expect(answer.pack.starts(with: Array("PACK".utf8)))
    }

    @Test func `a shallow clone is cut where asked, deepens, and becomes whole`() async throws {
        let hub = try await TestStore()
        let commits = try await line(hub)
        let clone = try await hub.makeRepository("clone")
        let want = "want \(commits[4].hex) \(capabilities)"

        let first = try await hub.fetch([want, "deepen 1", "flush", "done"])
        try await hub.git("unpack-objects", "-q", in: clone, input: first.pack)
        let deeper = try await hub.fetch(
            [want, "shallow \(commits[4].hex)", "deepen 3", "flush", "have \(commits[4].hex)", "done"])
        try await hub.git("unpack-objects", "-q", in: clone, input: deeper.pack)
        let whole = try await hub.fetch(
            [want, "shallow \(commits[2].hex)", "deepen 2147483647", "flush", "have \(commits[4].hex)", "done"])
        try await hub.git("unpack-objects", "-q", in: clone, input: whole.pack)
        try await hub.git("update-ref", "refs/heads/main", commits[4].hex, in: clone)

        #expect(first.opening == "shallow \(commits[4])NAK\n")
        #expect(deeper.opening.hasPrefix("shallow \(commits[2])unshallow \(commits[4])"))
        #expect(whole.opening.hasPrefix("unshallow \(commits[2])"))
        #expect(try await hub.git("fsck", "--full", "--strict", in: clone).isEmpty)
        #expect(try await hub.git("rev-list", "--count", "main", in: clone).line == "5")
    }

    @Test func `an annotated tag comes along when asked to`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("echo 1 >f; git add .; git commit -qm 1; git tag -am t v1", in: work)
        let head = try await ObjectID(parsing: hub.git("rev-parse", "HEAD", in: work).line)
        let tag = try await ObjectID(parsing: hub.git("rev-parse", "v1", in: work).line)
        try await hub.push(
            PushRequest(
                commands: [(nil, head, "refs/heads/main"), (nil, tag, "refs/tags/v1")], pack: hub.pack("v1", in: work)))

        let without = try await hub.fetch(["want \(head.hex) \(capabilities)", "flush", "done"])
        let with = try await hub.fetch(["want \(head.hex) \(capabilities) include-tag", "flush", "done"])

        #expect(without.pack[11] == 3)
        #expect(with.pack[11] == 4)
    }

    @Test(arguments: [
        ["nonsense", "flush"], ["want xyz", "flush"],
        ["want \(String(repeating: "0", count: 40))", "filter tree:0", "flush"],
        ["want \(String(repeating: "0", count: 40))", "deepen -1", "flush"],
    ])
    func `a request that makes no sense is answered with why`(lines: [String]) async throws {
        let hub = try await TestStore()
        _ = try await line(hub)

        let answer = try await hub.fetch(lines)

        #expect(answer.opening.hasPrefix("ERR "))
        #expect(answer.pack.isEmpty)
    }

    @Test func `a client without side-band gets the bare pack`() async throws {
        let hub = try await TestStore()
        let head = try await line(hub)[4]
        let body = PushRequest.packet("want \(head.hex)\n") + Array("0000".utf8) + PushRequest.packet("done\n")
        var answer: [UInt8] = []

        for try await piece in try await UploadPack(store: hub.store).answer(body, in: 1) { answer += piece }

        #expect(answer.starts(with: Array("0008NAK\nPACK".utf8)))
        let clone = try await hub.makeRepository("clone")
        try await hub.git("index-pack", "--strict", "--stdin", in: clone, input: Array(answer.dropFirst(8)))
    }

    @Test(arguments: [
        (0, "da39a3ee5e6b4b0d3255bfef95601890afd80709"), (1, "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        (55, "c1c8bbdc22796e28c0e15163d20899b65621d65a"), (56, "c2db330f6083854c99d4b5bfb6e8f29f201be699"),
        (64, "0098ba824b5c16427bd7a1122a5a442a25ec644d"), (1_000_000, "34aa973cd4c4daa4f61eeb2bdbad27316534016f"),
    ])
    func `the checksum of a pack is SHA-1`(count: Int, expected: String) {
        #expect(Hex.encode(SHA1.digest([UInt8](repeating: 0x61, count: count))) == expected)
    }
}
