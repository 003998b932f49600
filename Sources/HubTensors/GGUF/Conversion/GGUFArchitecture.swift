import HubCore

/// How the models of one GGUF architecture are called and laid out in Transformers.
///
/// A value: one more architecture is one more of these, in ``all``.
struct GGUFArchitecture: Sendable {
    /// `general.architecture`.
    let name: String

    /// `model_type` of config.json.
    let modelType: String

    /// The class in `architectures` of config.json.
    let className: String

    /// What a layer's tensors are called before their names, with the layer's number for `#`.
    let layerPrefix: String

    /// The tensors outside of the layers.
    let outerTensors: @Sendable (GGUFModel) -> [GGUFTensorRule]

    /// The tensors of every layer, by their names inside it.
    let layerTensors: @Sendable (GGUFModel) -> [GGUFTensorRule]

    /// What config.json holds beyond what all have.
    let configuration: @Sendable (GGUFModel) throws -> JSONObject

    static let all = [llama, qwen2, qwen3, gpt2]

    /// Every tensor the model must have, by its full name, in the order they are written.
    func tensors(of model: GGUFModel) -> [GGUFTensorRule] {
        outerTensors(model)
            + (0..<model.layers).flatMap { layer in
                let prefix = layerPrefix.replacing("#", with: "\(layer)")
                return layerTensors(model).map { $0.prefixed("blk.\(layer).", prefix) }
            }
    }

    /// config.json, without the ids of tokens.
    func configuration(of model: GGUFModel, dtype: DType) throws -> JSONObject {
        let names: [DType: ByteString] = [
            .float32: "float32", .float16: "float16", .bfloat16: "bfloat16", .float64: "float64",
        ]
        var document: JSONObject = [
            "architectures": .array([.string(ByteString(className))]),
            "model_type": .string(ByteString(modelType)),
            "torch_dtype": .string(names[dtype] ?? "bfloat16"),
            "vocab_size": .integer(model.vocabulary),
            "tie_word_embeddings": .bool(model.isTied),
            "use_cache": .bool(true),
        ]
        for (key, value) in try configuration(model).members { document.set(key, value) }
        return document
    }
}

/// Where a tensor of a GGUF file goes.
struct GGUFTensorRule: Sendable {
    var source: String
    var target: String

    /// The shape in the GGUF file, outermost dimension first.
    let shape: [Int]
    let arrangement: GGUFArrangement

    init(_ source: String, _ target: String, _ shape: [Int], _ arrangement: GGUFArrangement = .asStored) {
        self.source = source
        self.target = target
        self.shape = shape
        self.arrangement = arrangement
    }

    func prefixed(_ source: String, _ target: String) -> GGUFTensorRule {
        GGUFTensorRule(source + self.source, target + self.target, shape, arrangement)
    }

    static func weight(
        _ source: String,
        _ target: String,
        _ shape: [Int],
        _ arrangement: GGUFArrangement = .asStored
    ) -> GGUFTensorRule {
        GGUFTensorRule("\(source).weight", "\(target).weight", shape, arrangement)
    }

    static func bias(
        _ source: String,
        _ target: String,
        _ count: Int,
        _ arrangement: GGUFArrangement = .asStored
    ) -> GGUFTensorRule {
        GGUFTensorRule("\(source).bias", "\(target).bias", [count], arrangement)
    }
}

extension [GGUFTensorRule] {
    /// A `.weight` and a `.bias`, the bias as long as the weight has rows.
    static func withBias(
        _ source: String,
        _ target: String,
        _ shape: [Int],
        _ arrangement: GGUFArrangement = .asStored
    ) -> [GGUFTensorRule] {
        [
            .weight(source, target, shape, arrangement),
            .bias(source, target, shape[0], arrangement == .transposed ? .asStored : arrangement),
        ]
    }
}
