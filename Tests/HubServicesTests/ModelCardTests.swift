import HubCore
import HubServices
import Testing

@Suite struct ModelCardTests {
    private func card(_ text: String) throws -> ModelCard { try ModelCard(parsing: Array(text.utf8)) }

    @Test func `the block in front becomes metadata, and the rest is the text`() throws {
        let card = try card("---\nlicense: mit\ntags:\n- a\n- b\nn: 3\nx: 1.5\ny: true\nz: null\n---\n# Title\n")
        #expect(card.metadata?["license"]?.string == "mit")
        #expect(card.metadata?["tags"]?.array?.compactMap(\.string) == ["a", "b"])
        #expect(card.metadata?["n"]?.int == 3)
        #expect(card.metadata?["x"]?.double == 1.5)
        #expect(card.metadata?["y"]?.bool == true)
        #expect(card.metadata?["z"]?.isNull == true)
        #expect(card.text == "# Title\n")
    }

    @Test(arguments: [
        ("no", "no"), ("'1.0'", "1.0"), ("2024-01-01", "2024-01-01"), ("yes", "yes"), ("\"true\"", "true"),
        ("1e", "1e"), (".", "."), ("é", "é"),
    ])
    func `a word that YAML 1.2 calls a text stays a text`(_ yaml: String, _ text: String) throws {
        #expect(try card("---\nv: \(yaml)\n---\n").metadata?["v"]?.string == text)
    }

    @Test(arguments: [
        "# Title\n", "", "---\nlicense: mit\n", "text\n---\na: 1\n---\n", "---\n---\n", "----\na: 1\n----\n",
    ])
    func `a file without a block has no metadata`(_ text: String) throws {
        #expect(try card(text).metadata == nil)
    }

    @Test func `Windows line ends and a byte order mark are no matter`() throws {
        let card = try card("\u{FEFF}---\r\nlicense: mit\r\n---\r\nText")
        #expect(card.metadata?["license"]?.string == "mit")
        #expect(card.text == "Text")
    }

    @Test(arguments: [
        "license: [", "- a\n- b", "a: 1\na: 2", "a: *b", "just words", "a: \"open",
        "a: " + String(repeating: "[", count: 5000),
        String(repeating: "- ", count: 5000) + "x", String(repeating: "- ", count: 100_000) + "x",
        String(repeating: "? ", count: 50_000) + "x", "a: " + String(repeating: "[{b: ", count: 20_000),
        "a: 1\u{2028}b: 2", "a: \u{FEFF}x",
        "a: &a \"\(String(repeating: "x", count: 200_000))\"\nb: &b [*a, *a, *a, *a, *a, *a]\nc: [*b, *b]\n"
            + String(repeating: "y", count: 9) + ": [\(String(repeating: "*c, ", count: 9))]\n",
        (0..<400).map { String(repeating: " ", count: $0) + "a:\n" }.joined(),
        "b0: &b0 [x]\n" + (1..<40).map { "b\($0): &b\($0) [*b\($0 - 1), *b\($0 - 1)]\n" }.joined(),
    ])
    func `what is no sound mapping is refused with a sentence`(_ yaml: String) throws {
        let error = #expect(throws: HubError.self) { try card("---\n\(yaml)\n---\n") }
        #expect((error?.description.count ?? 0) > 20)
    }

    @Test func `a block over the limit is refused`() throws {
        let long = String(repeating: "a", count: ModelCard.metadataLimit)
        #expect(throws: HubError.self) { try card("---\nkey: \(long)\n---\n") }
    }
}

@Suite struct CardReviewTests {
    private func review(_ yaml: String) -> CardReview { CardReview(of: Array("---\n\(yaml)\n---\n".utf8)) }

    @Test(arguments: [
        "license: mit", "license: [mit, apache-2.0]", "language: no\ntags: a\ndatasets: [x/y]\nmetrics:\n- f1",
        "license: other\nlicense_name: mine",
        """
        model-index:
        - name: m
          results:
          - task: {type: text-generation}
            dataset: {type: glue, name: GLUE}
            metrics: [{type: f1, value: 0.9}]
        """,
    ])
    func `a sound card has nothing said of it`(_ yaml: String) {
        #expect(review(yaml).errors == [])
        #expect(review(yaml).warnings == [])
    }

    @Test(arguments: [
        ("license: asdf", "\"license\" must be one of ["), ("tags: [1, 2]", "\"tags\" must be"),
        ("pipeline_tag: [a]", "\"pipeline_tag\" must be"), ("model-index: {}", "\"model-index\" must be an array"),
        ("model-index:\n- name: m", "\"model-index[0].results\" is required"),
        (
            "model-index:\n- name: m\n  results:\n  - task: {type: t}",
            "\"model-index[0].results[0].dataset\" is required"
        ),
        ("license: [", "not YAML"),
    ])
    func `a fault is named`(_ yaml: String, _ part: String) {
        #expect(review(yaml).errors.contains { $0.contains(part) })
    }

    @Test func `a card without metadata, and one with an unusual task, are warned about`() {
        #expect(CardReview(of: Array("# Hi".utf8)).warnings == ["empty or missing yaml metadata in repo card"])
        #expect(CardReview(of: Array("# Hi".utf8)).errors == [])
        #expect(review("pipeline_tag: dreaming").warnings.count == 1)
    }
}
