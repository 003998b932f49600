import HubCore
import HubTensors
import Testing

/// Files that describe a model together: shards, their index, config.json.
@Suite struct StructureCheckTests {
    private static func findings(_ files: [String: [UInt8]]) async throws -> [String] {
        try await StructureCheck.findings(files: files.mapValues { BufferReader($0) }).map { finding in
            "\(finding.severity.rawValue) \(finding.path)\(finding.tensor.map { " \($0)" } ?? ""): \(finding.message)"
        }
    }

    private static let first = "model-00001-of-00002.safetensors"
    private static let second = "model-00002-of-00002.safetensors"
    private static let indexPath = "model.safetensors.index.json"

    private static func shard(_ names: String...) -> [UInt8] {
        TestFile.safetensors(names.map { TestTensor($0, [1, 2]) })
    }

    private static func index(_ places: KeyValuePairs<String, String>, total: Int = 16) -> [UInt8] {
        let map = places.map { #""\#($0.key)":"\#($0.value)""# }.joined(separator: ",")
        return Array(#"{"metadata":{"total_size":\#(total)},"weight_map":{\#(map)}}"#.utf8)
    }

    @Test func `shards and an index that speaks of them are sound`() async throws {
        let found = try await Self.findings([
            Self.first: Self.shard("a"), Self.second: Self.shard("b"),
            Self.indexPath: Self.index(["a": Self.first, "b": Self.second]),
        ])
        #expect(found.isEmpty)
    }

    @Test func `a shard the index points to must be there`() async throws {
        let found = try await Self.findings([
            Self.first: Self.shard("a"), Self.indexPath: Self.index(["a": Self.first, "b": Self.second]),
        ])
        #expect(found.contains("error \(Self.indexPath) b: the index points to '\(Self.second)', which is not here"))
    }

    @Test func `a tensor must be in the shard the index names`() async throws {
        let found = try await Self.findings([
            Self.first: Self.shard("a"), Self.second: Self.shard("b"),
            Self.indexPath: Self.index(["a": Self.second, "b": Self.second]),
        ])
        #expect(
            found.contains("error \(Self.indexPath) a: the index points to '\(Self.second)', which does not hold it"))
    }

    @Test func `a tensor in two shards is an error`() async throws {
        let found = try await Self.findings([
            Self.first: Self.shard("a", "b"), Self.second: Self.shard("b"),
            Self.indexPath: Self.index(["a": Self.first, "b": Self.first], total: 24),
        ])
        #expect(found.contains("error \(Self.second) b: the tensor stands in '\(Self.first)' too"))
    }

    @Test func `numbered shards must all be there`() async throws {
        let found = try await Self.findings([Self.first: Self.shard("a")])
        #expect(found == ["error \(Self.first): the names speak of 2 shards, but 1 are here"])
    }

    @Test func `an index that lies about the size, or leaves a tensor out, is a warning`() async throws {
        let found = try await Self.findings([
            Self.first: Self.shard("a"), Self.second: Self.shard("b"),
            Self.indexPath: Self.index(["a": Self.first], total: 5),
        ])
        #expect(
            found == [
                "warning \(Self.second) b: the index does not list the tensor; loaders may skip it",
                "warning \(Self.indexPath): the index says the tensors have 5 bytes; they have 16",
            ])
    }

    @Test(arguments: ["{", "[]", #"{"weight_map":[]}"#, #"{"weight_map":{"a":5}}"#])
    func `an index that cannot be read is an error`(_ text: String) async throws {
        let found = try await Self.findings([Self.first: Self.shard("a"), Self.indexPath: Array(text.utf8)])
        #expect(found.contains { $0.hasPrefix("error \(Self.indexPath)") })
    }

    // MARK: config.json

    /// Two layers of a GPT-2, of which only the tensors that are looked at exist.
    private static func model(vocabulary: Int = 3, width: Int = 2, layers: Int = 2) -> [UInt8] {
        let table = TestTensor(
            "wte.weight", [Double](repeating: 1, count: vocabulary * width), shape: [vocabulary, width])
        return TestFile.safetensors(
            [table] + (0..<layers).map { TestTensor("h.\($0).ln_1.weight", [Double](repeating: 1, count: width)) })
    }

    private static func configuration(vocabulary: Int = 3, width: Int = 2, layers: Int = 2) -> [UInt8] {
        Array(
            #"{"model_type":"gpt2","vocab_size":\#(vocabulary),"n_embd":\#(width),"n_layer":\#(layers)}"#.utf8)
    }

    @Test func `weights that are what config.json says are sound`() async throws {
        let found = try await Self.findings([
            "model.safetensors": Self.model(), "config.json": Self.configuration(),
        ])
        #expect(found.isEmpty)
    }

    @Test(arguments: [
        (configuration(vocabulary: 4), "its shape is [3, 2], but config.json says [4, 2] (vocab_size, n_embd)"),
        (configuration(width: 5), "its shape is [2], but config.json says [5] (n_embd)"),
        (configuration(layers: 3), "config.json says 3 layers, but 'h.2.ln_1.weight' is missing"),
        (configuration(layers: 1), "config.json says 1 layers, but the weights hold more"),
        (configuration(layers: -1), "n_layer is missing or is not a plausible number of layers"),
        (configuration(layers: 1_000_000_000), "n_layer is missing or is not a plausible number of layers"),
        (Array("{".utf8), "the configuration cannot be read"),
        (Array("[]".utf8), "the configuration is not a JSON object"),
        (
            Array(#"{"model_type":"llama","vocab_size":3,"hidden_size":2,"num_hidden_layers":2}"#.utf8),
            "there is no token embedding 'model.embed_tokens.weight', which config.json's model_type needs"
        ),
    ])
    func `weights that config.json contradicts are an error`(_ configuration: [UInt8], _ words: String) async throws {
        let found = try await Self.findings(["model.safetensors": Self.model(), "config.json": configuration])
        #expect(found.contains { $0.hasPrefix("error ") && $0.contains(words) }, "\(found)")
    }

    @Test func `a family nobody knows here, and an adapter, are not held against config.json`() async throws {
        let unknown = Array(#"{"model_type":"marvin","vocab_size":99}"#.utf8)
        #expect(try await Self.findings(["model.safetensors": Self.model(), "config.json": unknown]).isEmpty)
        let adapter = ["adapter_model.safetensors": Self.shard("a"), "config.json": Self.configuration()]
        #expect(try await Self.findings(adapter).isEmpty)
    }
}
