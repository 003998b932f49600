import HubCore
import HubTensors

/// Finds out a revision's facts from its small files and the headers of its weights.
///
/// What is malformed gives no fact; what cannot be read at all is thrown.
struct FactsReader {
    /// Everything in the revision, folders left out.
    let entries: [String: RevisionEntry]
    let open: @Sendable (RevisionEntry) async throws -> any ByteReader

    /// The facts of an earlier revision, and the paths that differ from it.
    private let before: (facts: RevisionFacts, changed: Set<String>)?

    /// The largest JSON file that is looked at, and the largest card.
    private static let textLimit = 4 << 20

    /// The largest value that is taken over from such a file.
    private static let valueLimit = 128 << 10

    init(
        _ entries: [RevisionEntry],
        changed: Set<String> = [],
        since earlier: RevisionFacts? = nil,
        open: @escaping @Sendable (RevisionEntry) async throws -> any ByteReader
    ) {
        let files = entries.filter { !$0.isFolder && !$0.isSymlink }.map { ($0.path, $0) }
        self.entries = Dictionary(files, uniquingKeysWith: { first, _ in first })
        self.open = open
        before = earlier.map { ($0, changed) }
    }

    func facts() async throws -> RevisionFacts {
        var facts = RevisionFacts()
        facts.size = entries.values.reduce(0) { $0.addingReportingOverflow($1.size).partialValue }
        if let bytes = try await bytes("README.md") { read(card: bytes, into: &facts) }
        try await readConfigurations(into: &facts)
        facts.safetensors = try await safetensors()
        facts.gguf = try await gguf()
        facts.frameworks = FileKinds.frameworks(among: entries.keys)
        facts.dataFormats = FileKinds.dataFormats(among: entries.keys)
        facts.library = library(facts)
        facts.evaluations = try await evaluations()
        return facts
    }

    private func read(card bytes: [UInt8], into facts: inout RevisionFacts) {
        var body = String(decoding: bytes, as: UTF8.self)
        do throws(HubError) {
            let card = try ModelCard(parsing: bytes)
            facts.card = card.metadata.map(JSONValue.object)
            body = card.text
        } catch {
            // Metadata that cannot be read says nothing; the text is still there.
        }
        facts.cardText = String(body.prefix(Self.searchedText)).replacing("\0", with: "")
        facts.papers = PaperLinks.identifiers(in: String(decoding: bytes, as: UTF8.self))
    }

    private static let searchedText = 32 << 10

    // MARK: Small files

    private func bytes(_ path: String) async throws -> [UInt8]? {
        guard let entry = entries[path], entry.size <= Self.textLimit else { return nil }
        let reader = try await open(entry)
        return try await reader.read(0..<reader.count)
    }

    private func text(_ path: String) async throws -> String? {
        try await bytes(path).map { bytes in String(decoding: bytes, as: UTF8.self).replacing("\0", with: "") }
    }

    private func json(_ path: String) async throws -> JSONValue? {
        guard let bytes = try await bytes(path) else { return nil }
        do {
            return try JSONReader.parse(
                bytes, limits: JSONLimits(byteCount: Self.textLimit, values: 200_000, allowsNonFinite: true))
        } catch {
            return nil
        }
    }

    private func excerpt(_ document: JSONValue, _ keys: [String]) -> JSONObject {
        var excerpt = JSONObject()
        for key in keys {
            guard let value = document[key], !value.isNull, value.compactText.count <= Self.valueLimit else { continue }
            excerpt.set(ByteString(key), value)
        }
        return excerpt
    }

    // MARK: Configurations

    private func readConfigurations(into facts: inout RevisionFacts) async throws {
        var config = JSONObject()
        if let document = try await json("config.json"), document.object != nil {
            config = excerpt(document, ["architectures", "model_type", "auto_map", "quantization_config"])
            facts.transformers = TransformersFacts(config: document)
        }
        if let tokenizer = try await tokenizerExcerpt() {
            facts.maskToken = tokenizer["mask_token"]?.string
            config.set("tokenizer_config", .object(tokenizer))
        }
        if let template = try await text("chat_template.jinja"), template.utf8.count <= Self.valueLimit {
            config.set("chat_template_jinja", .string(ByteString(template)))
        }
        if let pipeline = try await json("model_index.json")?["_class_name"]?.byteString {
            config.set("diffusers", .object(JSONObject(["_class_name": .string(pipeline)])))
        }
        if let adapter = try await json("adapter_config.json") {
            config.set("peft", .object(excerpt(adapter, ["base_model_name_or_path", "task_type", "peft_type"])))
        }
        facts.config = config.count == 0 ? nil : .object(config)
    }

    private func tokenizerExcerpt() async throws -> JSONObject? {
        guard let document = try await json("tokenizer_config.json"), document.object != nil else { return nil }
        var tokenizer = excerpt(
            document,
            [
                "bos_token", "eos_token", "pad_token", "unk_token", "cls_token", "sep_token", "mask_token",
                "chat_template", "use_default_system_prompt",
            ])
        // A token may be an object with its text and how it is cut.
        for (key, value) in tokenizer.members {
            if let text = value["content"]?.byteString { tokenizer.set(key, .string(text)) }
        }
        return tokenizer
    }

    // MARK: Weights

    /// The parameters of the model at the top, or of the first other checkpoint there.
    private func safetensors() async throws -> SafetensorsFacts? {
        if let before, !before.changed.contains(where: Self.isWeightsAtTop) { return before.facts.safetensors }
        let paths = entries.keys.filter(Self.isWeightsAtTop)
        let groups = CheckpointGroup.groups(among: paths).filter { !$0.shardPaths.isEmpty }
        guard let group = groups.first(where: { $0.name == "model" }) ?? groups.first else { return nil }
        var limits = SafetensorsLimits()
        limits.headerByteCount = 32 << 20
        var parameters: [String: Int] = [:]
        for path in group.shardPaths {
            guard let entry = entries[path] else { return nil }
            let (file, _) = try await SafetensorsFile.inspect(try await open(entry), path: path, limits: limits)
            guard let file else { return nil }
            for tensor in file.tensors { parameters[tensor.dtype.rawValue, default: 0] += tensor.elementCount }
        }
        let total = parameters.values.reduce(0, +)
        return SafetensorsFacts(
            parameters: parameters, total: total,
            sharded: group.shardPaths.count > 1 || group.indexPath != nil)
    }

    private static func isWeightsAtTop(_ path: String) -> Bool {
        !path.contains("/") && (CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path))
    }

    private static func isGGUF(_ path: String) -> Bool { path.lowercased().hasSuffix(".gguf") }

    private func gguf() async throws -> JSONValue? {
        if let before, !before.changed.contains(where: Self.isGGUF) { return before.facts.gguf }
        let paths = entries.keys.filter(Self.isGGUF)
        guard let path = paths.min(), let entry = entries[path] else { return nil }
        let (file, _) = try await GGUFFile.inspect(try await open(entry), path: path)
        guard let file else { return nil }
        var facts = JSONObject()
        facts.set("total", .integer(file.tensors.reduce(0) { $0 + $1.elementCount }))
        facts.set("architecture", .string(ByteString(file.architecture)))
        if let length = file["\(file.architecture).context_length"]?.int {
            facts.set("context_length", .integer(length))
        }
        if let template = file["tokenizer.chat_template"]?.string, template.utf8.count <= Self.valueLimit {
            facts.set("chat_template", .string(ByteString(template)))
        }
        let tokens = file["tokenizer.ggml.tokens"]?.texts
        for (name, key) in [("bos_token", "bos"), ("eos_token", "eos")] {
            guard let tokens, let id = file["tokenizer.ggml.\(key)_token_id"]?.int, tokens.indices.contains(id) else {
                continue
            }
            facts.set(ByteString(name), .string(ByteString(String(decoding: tokens[id], as: UTF8.self))))
        }
        return .object(facts)
    }

    private func library(_ facts: RevisionFacts) -> String? {
        if entries["model_index.json"] != nil, facts.config?["diffusers"] != nil { return "diffusers" }
        if entries["config_sentence_transformers.json"] != nil { return "sentence-transformers" }
        if entries["adapter_config.json"] != nil { return "peft" }
        if facts.modelType != nil || facts.transformers != nil { return "transformers" }
        return nil
    }

    // MARK: Evaluations

    private func evaluations() async throws -> JSONValue? {
        let paths = entries.keys.filter { path in
            path.hasPrefix(".eval_results/") && (path.hasSuffix(".yaml") || path.hasSuffix(".yml"))
        }.sorted().prefix(Self.evaluationFiles)
        var results: [JSONValue] = []
        for path in paths {
            guard let text = try await text(path), text.utf8.count <= ModelCard.metadataLimit else { continue }
            results += Self.evaluations(in: text, path: path)
        }
        return results.isEmpty ? nil : .array(results)
    }

    private static let evaluationFiles = 100

    private static func evaluations(in text: String, path: String) -> [JSONValue] {
        let name = JSONValue.string(ByteString(path))
        let document: JSONValue?
        do {
            document = try YAMLDocument.read(text)
        } catch {
            document = nil
        }
        guard let entries = document?.array else {
            return [.object(["filename": name, "error": "the file is not a YAML list"])]
        }
        return entries.prefix(1000).map { entry in
            guard entry["dataset"]?["id"]?.string != nil, entry["dataset"]?["task_id"]?.string != nil,
                entry["value"] != nil
            else {
                return .object(["filename": name, "error": "an entry needs dataset.id, dataset.task_id and value"])
            }
            return .object(["filename": name, "data": entry])
        }
    }
}
