import HubCore

/// Holds the shapes of a checkpoint against what its config.json says they are.
///
/// For the families whose layout is known here; others are left to the stage that runs them.
enum ConfigurationCheck {
    static let fileName = "config.json"

    static func findings(
        _ checkpoint: Checkpoint,
        configuration reader: any ByteReader,
        path: String
    ) async throws -> [Finding] {
        let limit = 4 << 20
        guard reader.count <= limit else {
            return [Finding(.error, "the configuration has \(reader.count) bytes, more than \(limit)", in: path)]
        }
        let document: JSONValue
        do {
            document = try JSONReader.parse(try await reader.read(0..<reader.count))
        } catch let error as JSONError {
            return [Finding(.error, "the configuration cannot be read: \(error)", in: path)]
        }
        guard document.object != nil else {
            return [Finding(.error, "the configuration is not a JSON object", in: path)]
        }
        guard
            let family = ModelFamily.all.first(where: { $0.modelTypes.contains(document["model_type"]?.string ?? "") })
        else { return [] }
        return family.findings(checkpoint, document, path: path)
    }
}

/// Where a family of models keeps the tensors whose shapes config.json fixes.
private struct ModelFamily {
    let modelTypes: Set<String>
    let vocabulary: Keys
    let width: Keys
    let layers: Keys

    /// The token embedding, without prefix.
    let embedding: String

    /// What stands before a layer's number, without prefix; and one tensor every layer has.
    let layerPrefix: String
    let layerTensor: String

    /// Prefixes that come and go between checkpoints of one family.
    let prefixes: [String]

    typealias Keys = [String]

    static let all = [
        ModelFamily(
            modelTypes: ["gpt_neo"], vocabulary: ["vocab_size"], width: ["hidden_size"], layers: ["num_layers"],
            embedding: "wte.weight", layerPrefix: "h.", layerTensor: "ln_1.weight", prefixes: ["transformer.", ""]),
        ModelFamily(
            modelTypes: ["gpt2"], vocabulary: ["vocab_size"], width: ["n_embd", "hidden_size"],
            layers: ["n_layer", "num_hidden_layers"], embedding: "wte.weight", layerPrefix: "h.",
            layerTensor: "ln_1.weight", prefixes: ["transformer.", ""]),
        ModelFamily(
            modelTypes: ["llama", "mistral", "qwen2", "qwen3"], vocabulary: ["vocab_size"], width: ["hidden_size"],
            layers: ["num_hidden_layers"], embedding: "embed_tokens.weight", layerPrefix: "layers.",
            layerTensor: "input_layernorm.weight", prefixes: ["model.", ""]),
    ]

    func findings(_ checkpoint: Checkpoint, _ document: JSONValue, path: String) -> [Finding] {
        guard let prefix = prefixes.first(where: { checkpoint[$0 + embedding] != nil }) else {
            let file = checkpoint.files.first?.path ?? path
            return [
                Finding(
                    .error,
                    "there is no token embedding '\(prefixes[0])\(embedding)', which config.json's model_type needs",
                    in: file)
            ]
        }
        return embeddingFindings(checkpoint, prefix, document) + layerFindings(checkpoint, prefix, document, path)
    }

    private func embeddingFindings(_ checkpoint: Checkpoint, _ prefix: String, _ document: JSONValue) -> [Finding] {
        guard let tensor = checkpoint[prefix + embedding], let rows = number(vocabulary, document),
            let columns = number(width, document), tensor.info.shape != [rows, columns]
        else { return [] }
        return [
            Finding(
                .error,
                "its shape is \(tensor.info.shape), but config.json says [\(rows), \(columns)] (\(vocabulary[0]), \(width[0]))",
                in: tensor.path, tensor: tensor.name)
        ]
    }

    private func layerFindings(
        _ checkpoint: Checkpoint,
        _ prefix: String,
        _ document: JSONValue,
        _ path: String
    ) -> [Finding] {
        guard let count = number(layers, document), (0...10_000).contains(count) else {
            return [Finding(.error, "\(layers[0]) is missing or is not a plausible number of layers", in: path)]
        }
        var findings: [Finding] = []
        let width = number(width, document)
        for layer in 0..<count {
            let name = "\(prefix)\(layerPrefix)\(layer).\(layerTensor)"
            guard let tensor = checkpoint[name] else {
                findings.append(Finding(.error, "config.json says \(count) layers, but '\(name)' is missing", in: path))
                break
            }
            guard let width, tensor.info.shape != [width] else { continue }
            findings.append(
                Finding(
                    .error, "its shape is \(tensor.info.shape), but config.json says [\(width)] (\(self.width[0]))",
                    in: tensor.path, tensor: name))
        }
        if checkpoint["\(prefix)\(layerPrefix)\(count).\(layerTensor)"] != nil {
            findings.append(Finding(.error, "config.json says \(count) layers, but the weights hold more", in: path))
        }
        return findings
    }

    private func number(_ keys: Keys, _ document: JSONValue) -> Int? {
        keys.lazy.compactMap { document[$0]?.int }.first
    }
}
