import Foundation
import HubCore
import HubTestSupport
import Testing

@Suite struct RefNameTests {
    @Test(arguments: RefSpellings.all)
    func `a full name is accepted exactly when git accepts it`(_ name: String) async throws {
        let git = try await RefSpellings.gitAccepts(name)
        let ours = (try? RefName(parsing: name)) != nil
        #expect(ours == git)
    }

    @Test func `a branch or tag that looks like an option is refused`() {
        #expect(throws: HubError.self) { try RefName(branch: "-f") }
        #expect(throws: HubError.self) { try RefName(tag: "--upload-pack=x") }
    }

    @Test(arguments: [
        "\u{202A}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{200E}", "\u{200F}", "\u{61C}", "\u{200B}", "\u{200D}",
        "\u{2060}", "\u{FEFF}", "\u{9B}",
    ])
    func `a new name has nothing in it that is not seen`(_ unseen: String) throws {
        let ref = try RefName(branch: "a\(unseen)b")
        let problem = try #require(ref.problemAsNew)
        #expect(problem.contains("refs/heads/a\\u{") && !problem.unicodeScalars.contains(where: { $0.isUnseen }))
    }

    @Test(arguments: ["caf\u{E9}", "cafe\u{301}", "\u{65E5}\u{672C}", "\u{645}\u{631}", "\u{1F600}"])
    func `letters of any script may be in a new name`(_ name: String) async throws {
        #expect(try RefName(branch: name).problemAsNew == nil)
    }

    @Test func `a refused name is spelled out in the sentence`() {
        #expect(throws: HubError.invalid(#"'-\u{1B}[31m' is not a branch name git accepts"#)) {
            try RefName(branch: "-\u{1B}[31m")
        }
    }

    @Test(arguments: ["HEAD", "main", "", "refs", "refs/", "/refs/heads/main", "Refs/heads/main"])
    func `a name outside refs is refused`(_ name: String) {
        #expect(throws: HubError.self) { try RefName(parsing: name) }
    }

    @Test func `a name too long for a path is refused`() {
        #expect(throws: HubError.self) { try RefName(branch: String(repeating: "x", count: 240)) }
    }

    @Test func `short names say what kind of ref it is no more`() throws {
        let branch = try RefName(branch: "feature/one")
        let tag = try RefName(tag: "v1")
        let pull = try RefName(parsing: "refs/pull/1/head")
        #expect([branch.short, tag.short, pull.short] == ["feature/one", "v1", "pull/1/head"])
        #expect([branch.isBranch, tag.isBranch, pull.isBranch] == [true, false, false])
        #expect([branch.isTag, tag.isTag, pull.isTag] == [false, true, false])
        #expect(RefName.main.name == "refs/heads/main")
    }

    @Test func `names that only look alike are different refs`() throws {
        let composed = try RefName(branch: "caf\u{E9}")
        let decomposed = try RefName(branch: "cafe\u{301}")
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed]).count == 2)
    }

    @Test(
        arguments: [
            ("refs/pr/1", 1), ("refs/pr/123", 123), ("refs/pr/0", nil), ("refs/pr/01", nil), ("refs/pr/-1", nil),
            ("refs/pr/+1", nil), ("refs/pr/1/head", nil), ("refs/pr/x", nil), ("refs/heads/pr/1", nil),
            ("refs/pr/99999999999999999999", nil),
        ] as [(String, Int?)])
    func `only refs/pr/N is the ref of a pull request`(_ name: String, _ number: Int?) throws {
        #expect(try RefName(parsing: name).pullRequestNumber == number)
    }
}

/// Names as people and attackers write them, and git's own opinion of each.
enum RefSpellings {
    static let all = [
        "refs/heads/main", "refs/heads/feature/one", "refs/tags/v1.0", "refs/heads/@", "refs/heads/a@b",
        "refs/heads/a@{b", "refs/heads/@{", "refs/heads/-x", "refs/heads/.x", "refs/heads/x.", "refs/heads/x/.y",
        "refs/heads/a..b", "refs/heads/..", "refs/heads/x.lock", "refs/heads/x.lock/y", "refs/heads/x.lockx",
        "refs/heads/.lock", "refs/heads//x", "refs/heads/x/", "refs/heads/", "refs/heads/a b", "refs/heads/a\tb",
        "refs/heads/a\nb", "refs/heads/a\u{7F}b", "refs/heads/a\u{1}b", "refs/heads/a~b", "refs/heads/a^b",
        "refs/heads/a:b", "refs/heads/a?b", "refs/heads/a*b", "refs/heads/a[b", "refs/heads/a]b", "refs/heads/a\\b",
        "refs/heads/a{b", "refs/heads/é", "refs/heads/e\u{301}", "refs/heads/a.\u{301}.b", "refs/heads/a..\u{301}b",
        "refs/heads/\u{301}", "refs/heads/x.\u{301}", "refs/heads/\u{200D}.x", "refs/heads/日本", "refs/heads/x\r\ny",
        "refs/heads/a/\u{301}.b", "refs/heads/x.LOCK", "refs/heads/HEAD", "refs/heads/refs/heads/main",
    ]

    static func gitAccepts(_ name: String) async throws -> Bool {
        try await Program.run("git", ["check-ref-format", name]).status == 0
    }
}
