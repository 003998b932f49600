import HubCore
import HubGit
import Testing

@Suite struct ObjectRuleTests {
    /// An object whose bytes git would not write; `TREE`, `BLOB` and `COMMIT` stand for ids of sound ones.
    struct Case: Sendable, CustomTestStringConvertible {
        let kind: String
        let text: String

        init(_ kind: String, _ text: String) {
            self.kind = kind
            self.text = text
        }

        var testDescription: String { "\(kind) \(text.debugDescription)" }
    }

    private static let ada = "Ada <a@example.org> 1700000000 +0100"

    private static func commit(author: String = ada, committer: String = ada, _ rest: String = "\n\nwords\n") -> Case {
        Case("commit", "tree TREE\nauthor \(author)\ncommitter \(committer)\(rest)")
    }

    static let commits: [Case] = [
        commit(), commit("\n"), commit(""), commit("\n\n"), commit("\nencoding latin1\nextra x\n\nwords"),
        commit("\n\nwo\0rds"), commit("\nextra a\0b\n\nwords"),
        commit(author: "Ada a@example.org 1 +0000"), commit(author: "<a@example.org> 1 +0000"),
        commit(author: "Ada<a@example.org> 1 +0000"), commit(author: "Ada> <a@example.org> 1 +0000"),
        commit(author: "Ada <a@exa<mple.org> 1 +0000"), commit(author: "Ada <a@example.org 1 +0000"),
        commit(author: "Ada <a@example.org>1 +0000"), commit(author: "Ada <a@example.org>"),
        commit(author: "Ada <a@example.org> +0000"), commit(author: "Ada <a@example.org> 01 +0000"),
        commit(author: "Ada <a@example.org> 0 +0000"), commit(author: "Ada <a@example.org> 1x +0000"),
        commit(author: "Ada <a@example.org> 18446744073709551615 +0000"),
        commit(author: "Ada <a@example.org> 99999999999999999999999 +0000"),
        commit(author: "Ada <a@example.org> 1"), commit(author: "Ada <a@example.org> 1 0000"),
        commit(author: "Ada <a@example.org> 1 +000"), commit(author: "Ada <a@example.org> 1 +00000"),
        commit(author: "Ada <a@example.org> 1 +0x00"), commit(author: "Ada <a@example.org> 1 -9999"),
        commit(author: " <a@example.org> 1 +0000"), commit(author: "Ada <> 1 +0000"), commit(author: ""),
        commit(committer: "Ada <a@example.org> 1"), commit(committer: ""),
        Case("commit", "tree TREE\ncommitter \(ada)\n\nx"), Case("commit", "tree TREE\nauthor \(ada)\n\nx"),
        Case("commit", "tree TREE\nauthor \(ada)\nauthor \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "author \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "tree TREE0\nauthor \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "tree 123\nauthor \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "tree TREE\nparent COMMIT\nauthor \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "tree TREE\nparent COMMI\nauthor \(ada)\ncommitter \(ada)\n\nx"),
        Case("commit", "tree TREE\nauthor \(ada)\nparent COMMIT\ncommitter \(ada)\n\nx"),
    ]

    private static func tag(
        object: String = "object COMMIT\n", type: String = "type commit\n", name: String = "tag v1\n",
        tagger: String = "tagger \(ada)\n", _ rest: String = "\nwords\n"
    ) -> Case { Case("tag", object + type + name + tagger + rest) }

    static let tags: [Case] = [
        tag(), tag(""), tag("more\n\nwords"), tag("\nwo\0rds"), tag(object: ""), tag(object: "object 123\n"),
        tag(type: ""),
        tag(type: "type thing\n"), tag(name: ""), tag(name: "tag a..b\n"), tag(name: "tag\0x\n"), tag(tagger: ""),
        tag(tagger: "tagger Ada\n"), tag(tagger: "tagger Ada <a@example.org> 1 +00\n"),
        tag(tagger: "tagger Ada <a@example.org> 01 +0000\n"),
    ]

    @Test(arguments: commits + tags)
    func `a commit or tag is taken in just when stock git takes it in`(object: Case) async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("echo x >f; git add .; git commit -qm 1", in: work)
        var (text, ids) = (object.text, [String]())
        for (word, name) in [("COMMIT", "HEAD"), ("TREE", "HEAD^{tree}"), ("BLOB", "HEAD:f")] {
            let id = try await hub.git("rev-parse", name, in: work).line
            text = text.replacing(word, with: id)
            ids.append(id)
        }
        let made = try await hub.git(
            "hash-object", "-w", "-t", object.kind, "--literally", "--stdin", in: work, input: Array(text.utf8)
        ).line
        let list = Array((ids + [made]).joined(separator: "\n").utf8) + [0x0A]
        let pack = try await StockGit.run(["pack-objects", "--stdout", "-q"], in: work, input: list)
        let oracle = try await hub.makeRepository("oracle")
        let refused = (try? await StockGit.run(["index-pack", "--strict", "--stdin"], in: oracle, input: pack)) == nil

        let push = try await hub.receive(
            PushRequest(commands: [(nil, try ObjectID(parsing: made), "refs/tags/v1")], pack: pack))

        #expect((push.problem != nil) == refused, "\(push.problem ?? "taken in")")
    }

    @Test func `a tag nobody signed as its maker is remarked upon and taken in`() async throws {
        let hub = try await TestStore()
        let work = try await hub.makeRepository()
        try await hub.shell("echo x >f; git add .; git commit -qm 1", in: work)
        let head = try await hub.git("rev-parse", "HEAD", in: work).line
        let text = "object \(head)\ntype commit\ntag v1\n\nold\n"
        let tag = try await hub.git("hash-object", "-w", "-t", "tag", "--stdin", in: work, input: Array(text.utf8)).line

        let push = try await hub.receive(
            PushRequest(
                commands: [(nil, try ObjectID(parsing: tag), "refs/tags/v1")],
                pack: await hub.pack("HEAD \(tag)", in: work)))

        #expect(push.quarantine?.remarks == ["tag \(tag): the tag does not say who made it"])
    }
}
