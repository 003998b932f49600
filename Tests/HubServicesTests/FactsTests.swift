import HubCore
import HubDatabase
import HubGit
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct FactsTests {
    @Test func `what the files of a revision say is known as soon as it is published`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        try await test.push(
            [
                "README.md": "---\nlicense: mit\nlanguage: en\n---\nSee arxiv.org/abs/2305.07759.\n",
                "config.json": #"{"architectures": ["BertForMaskedLM"], "model_type": "bert", "vocab_size": 9}"#,
                "tokenizer_config.json": #"{"mask_token": {"content": "[MASK]"}, "unused": 1}"#,
            ], to: record, by: alice)
        let shown = try await test.show(record, by: alice)
        let facts = try #require(shown.facts)
        #expect(facts.card?["license"]?.string == "mit")
        #expect(facts.pipelineTag == "fill-mask")
        #expect(facts.libraryName == "transformers")
        #expect(facts.maskToken == "[MASK]")
        #expect(facts.config?["tokenizer_config"]?["unused"] == nil)
        #expect(
            shown.tags == ["transformers", "bert", "fill-mask", "en", "arxiv:2305.07759", "license:mit"])
    }

    @Test func `parameters are counted from headers, by type, over all shards`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let first = try await test.upload(Self.safetensors("a", "BF16", [2, 3]), to: record, by: alice)
        let second = try await test.upload(Self.safetensors("b", "F32", [5]), to: record, by: alice)
        let index =
            #"{"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}"#
        try await test.push(
            [
                "model-00001-of-00002.safetensors": first.text, "model-00002-of-00002.safetensors": second.text,
                "model.safetensors.index.json": index,
            ], to: record, by: alice)
        let weights = try #require(try await test.show(record, by: alice).facts?.safetensors)
        #expect(weights.parameters == ["BF16": 6, "F32": 5])
        #expect(weights.total == 11)
        #expect(weights.sharded)
    }

    @Test(arguments: [
        "---\n[: broken\n---\n", "---\n- a list\n---\n", "---\na: &a [1, *a]\n---\n", "---\nnever ends\n",
        "---\nlicense: \"a\\0b\"\nlibrary_name: \"x\\0y\"\ntags: [\"\\0\"]\n---\n", "\u{FEFF}---\n---\n", "---\n---\n",
        "---\nlicense: mit\nlicense: mit\n---\n",
    ])
    func `no card keeps a revision from being published or shown`(_ card: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        try await test.push(["README.md": card, "config.json": "{nonsense"], to: record, by: alice)
        let shown = try await test.show(record, by: alice)
        #expect(shown.facts != nil)
        #expect(try await test.list(ListingQuery(.model), by: alice) == ["alice/tiny"])
    }

    @Test func `weights that stay are not opened again, and weights that change are`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let weights = try await test.upload(Self.safetensors("a", "BF16", [2, 3]), to: record, by: alice)
        let first = try await test.push(["model.safetensors": weights.text], to: record, by: alice)
        let second = try await test.push(["model.safetensors": Self.text("b")], to: record, onto: first, by: alice)
        #expect(try await test.show(record, by: alice).facts?.safetensors?.total == 1)
        let third = try await test.push(
            ["model.safetensors": weights.text, "README.md": "x"], to: record, onto: second, by: alice)
        // Whoever opens the content now, fails.
        try await test.database.write { connection in try connection.execute("DELETE FROM chunk_xorb") }
        try await test.push(["README.md": "---\nlicense: mit\n---\n"], to: record, onto: third, by: alice)
        let facts = try #require(try await test.show(record, by: alice).facts)
        #expect(facts.safetensors?.parameters == ["BF16": 6])
        #expect(facts.text("license") == "mit")
    }

    /// A plain file with one tensor of one byte.
    private static func text(_ name: String) -> String {
        String(decoding: safetensors(name, "I8", [1]), as: UTF8.self)
    }

    @Test(arguments: ["[", "{a: ", "- ", "? "])
    func `a card that nests without end says nothing`(_ opening: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let depth = 200_000 / opening.utf8.count
        try await test.push(
            ["README.md": "---\na: 1\nb: \(String(repeating: opening, count: depth))\n---\n"], to: record, by: alice)
        #expect(try await test.show(record, by: alice).facts?.card == nil)
    }

    @Test func `a fork has its facts without anybody looking at its files again`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let record = try await test.repository("alice/tiny", by: alice)
        try await test.push(["README.md": "---\nlicense: mit\n---\n"], to: record, by: alice)
        let before = try await test.count("revision_facts")
        let fork = try await test.hub.repositories.fork(
            record.id, to: RepositoryID(.model, parsing: "bob/tiny"), visibility: nil, by: bob)
        #expect(try await test.show(fork, by: bob).tags == ["license:mit"])
        #expect(try await test.count("revision_facts") == before)
        var query = ListingQuery(.model)
        query.tags = ["license:mit"]
        #expect(try await test.list(query, by: bob) == ["bob/tiny", "alice/tiny"])
    }

    @Test func `what was published before facts were kept is filled in, when it is shown and at the next start`()
        async throws
    {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let one = try await test.repository("alice/one", by: alice)
        let two = try await test.repository("alice/two", by: alice)
        try await test.push(["README.md": "---\nlicense: mit\n---\n"], to: one, by: alice)
        try await test.push(["README.md": "---\nlicense: gpl\n---\n"], to: two, by: alice)
        try await test.database.write { connection in
            for table in ["revision_facts", "listing", "listing_tag", "listing_text"] {
                try connection.execute("DELETE FROM \(table)")
            }
        }
        #expect(try await test.show(one, by: alice).tags == ["license:mit"])
        var query = ListingQuery(.model)
        query.tags = ["license:gpl"]
        #expect(try await test.list(query, by: alice) == [])
        try await test.hub.listingKeeper.fillIn()
        #expect(try await test.list(query, by: alice) == ["alice/two"])
    }

    /// A file with one tensor of zeros.
    private static func safetensors(_ name: String, _ dtype: String, _ shape: [Int]) -> [UInt8] {
        let count = shape.reduce(["F32": 4, "I8": 1][dtype] ?? 2, *)
        let header = #"{"\#(name)":{"dtype":"\#(dtype)","shape":\#(shape),"data_offsets":[0,\#(count)]}}"#
        let length = UInt64(header.utf8.count)
        return (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) } + Array(header.utf8)
            + Array(repeating: 0, count: count)
    }
}

extension TestHub {
    func show(_ record: RepositoryRecord, by caller: Caller) async throws -> RepositoryDescription {
        try await hub.listings.show(record.id, at: nil, .init(Set(RepositoryProperty.allCases)), for: caller)
    }

    /// The names of what a query finds, over all its pages.
    func list(_ query: ListingQuery, by caller: Caller) async throws -> [String] {
        var query = query
        var found: [String] = []
        while true {
            let page = try await hub.listings.list(query, .init([.tags]), for: caller)
            found += page.repositories.map(\.record.id.path)
            guard let next = page.next else { return found }
            query.cursor = next
        }
    }

    func count(_ table: String) async throws -> Int {
        try await database.read { connection in
            try connection.queryOne("SELECT COUNT(*) FROM \(table)")?.int(0) ?? 0
        }
    }
}
