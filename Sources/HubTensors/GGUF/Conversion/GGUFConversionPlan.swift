import HubCore

/// All that a conversion will write, decided before anything is.
struct GGUFConversionPlan {
    /// A JSON file of the result.
    struct Document {
        let name: String
        let content: JSONValue
    }

    /// In the order of their bytes in `header`.
    let tensors: [GGUFConvertedTensor]
    let header: SafetensorsHeader
    let documents: [Document]
    let findings: [Finding]

    /// Reads metadata and, where something depends on them, small tensors; throws ``HubError/refused(_:)`` with
    /// everything that cannot be converted.
    init(_ file: GGUFFile, dtype: DType) async throws {
        guard let architecture = GGUFArchitecture.all.first(where: { $0.name == file.architecture }) else {
            let known = GGUFArchitecture.all.map(\.name).joined(separator: ", ")
            throw HubError.refused([
                Finding(
                    .error, "the architecture '\(file.architecture)' cannot be converted; known are \(known)",
                    in: file.path)
            ])
        }
        let model = try await GGUFModel(file)
        var matcher = GGUFTensorMatcher(file, dtype: dtype)
        tensors = matcher.match(architecture.tensors(of: model), ignored: model.spareTensors)
        guard matcher.findings.isEmpty else { throw HubError.refused(matcher.findings) }
        header = SafetensorsHeader(
            metadata: [("format", "pt")],
            layingOut: tensors.map { ($0.name, $0.dtype, $0.shape, $0.byteCount) })

        let (tokenizer, tokenizerFindings) = GGUFTokenizer.read(file)
        var configuration = try architecture.configuration(of: model, dtype: tensors.first?.dtype ?? dtype)
        var documents: [Document] = []
        if let tokenizer {
            for (key, id) in tokenizer.ids { configuration.set(key, .integer(id)) }
            var generation: JSONObject = ["_from_model_config": .bool(true)]
            for (key, id) in tokenizer.ids { generation.set(key, .integer(id)) }
            documents = [
                Document(name: "generation_config.json", content: .object(generation)),
                Document(name: "tokenizer.json", content: tokenizer.pipeline),
                Document(name: "tokenizer_config.json", content: tokenizer.configuration),
            ]
        }
        documents.insert(Document(name: "config.json", content: .object(configuration)), at: 0)
        self.documents = documents
        findings = tokenizerFindings
    }
}
