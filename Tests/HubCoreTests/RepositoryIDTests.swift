import HubCore
import Testing

@Suite struct RepositoryIDTests {
    @Test(arguments: ["acme/tiny-llama", "a/b", "A.1/x_y.z-0", "\(String(repeating: "o", count: 96))/n"])
    func `a well-formed name keeps its spelling`(_ text: String) throws {
        let id = try RepositoryID(.model, parsing: text)
        #expect(id.path == text)
        #expect(id.description == text)
    }

    @Test(
        arguments: [
            "", "/", "acme", "acme/", "/tiny", "acme/tiny/llama", "acme//tiny", "../tiny", "acme/..", "acme/.",
            "acme/a..b", "acme/a--b", "acme/.hidden", "acme/-x", "acme/x-", "acme/x.", "acme/x.git", "acme/x.GIT",
            "acme/ti ny", "acme/tiny\n", "acme/tiny\0", "acme/ti\u{1B}[31mny", "acme/ti\\ny", "acme/ti%2Fny",
            "acme/tíny", "acme/ti\u{301}ny", "acme/tіny", "acme/ti\u{200D}ny", "acme/tiny?x", "acme/tiny#x",
            "acme/\(String(repeating: "n", count: 97))",
        ]
    )
    func `a name that could escape, clash or deceive is refused`(_ text: String) {
        #expect(throws: HubError.self) { try RepositoryID(.model, parsing: text) }
    }

    @Test func `an owner with a slash in it cannot be smuggled in apart`() {
        #expect(throws: HubError.self) { try RepositoryID(.model, owner: "acme/evil", name: "tiny") }
    }

    @Test func `a message never repeats more than a line of what was sent`() throws {
        let error = #expect(throws: HubError.self) {
            try RepositoryID(.model, parsing: String(repeating: "x", count: 1_000_000))
        }
        #expect(try #require(error).description.utf8.count < 400)
    }

    @Test func `a model and a dataset of one name are two repositories`() throws {
        #expect(try RepositoryID(.model, parsing: "a/b") != RepositoryID(.dataset, parsing: "a/b"))
        #expect(RepositoryID.Kind.dataset.plural == "datasets")
    }
}
