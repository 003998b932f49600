import HubCore
import HubTensors

extension Architecture {
    /// GPT-Neo (EleutherAI): learned positions, scores not scaled, local windows on alternate layers.
    static let gptNeo = Architecture(
        modelType: "gpt_neo",
        names: { _ throws(InferenceError) in
            TensorNames(
                prefixes: ["transformer.", ""], embedding: "wte.weight", positions: "wpe.weight", layer: "h.",
                finalNorm: "ln_f", attentionNorm: "ln_1",
                query: .init(name: "attn.attention.q_proj"),
                key: .init(name: "attn.attention.k_proj"),
                value: .init(name: "attn.attention.v_proj"),
                output: .init(name: "attn.attention.out_proj", bias: .required),
                feedForwardNorm: "ln_2",
                up: .init(name: "mlp.c_fc", bias: .required),
                down: .init(name: "mlp.c_proj", bias: .required)
            )
        },
        shape: { configuration throws(InferenceError) in
            let hidden = try configuration.int("hidden_size", in: DecoderShape.Limit.hidden)
            let heads = try configuration.int("num_heads", in: DecoderShape.Limit.heads)
            return DecoderShape(
                vocabulary: try configuration.int("vocab_size", in: DecoderShape.Limit.vocabulary),
                hidden: hidden,
                heads: heads,
                keyValueHeads: heads,
                headSize: try configuration.quotient(hidden, heads),
                feedForward: try configuration.optionalInt("intermediate_size", in: DecoderShape.Limit.feedForward)
                    ?? 4 * hidden,
                positions: try configuration.int("max_position_embeddings", in: DecoderShape.Limit.positions),
                norm: .layer,
                epsilon: Float(
                    try configuration.double("layer_norm_epsilon", default: 1e-5, in: DecoderShape.Limit.epsilon)),
                rotary: nil,
                scoreScale: 1,
                windows: try windows(configuration),
                activation: try configuration.activation("activation_function", default: "gelu_new"),
                isGated: false,
                isTied: try configuration.bool("tie_word_embeddings", default: true)
            )
        }
    )

    /// Layer by layer, from `attention_layers` or the run-length form `attention_types`.
    private static func windows(_ configuration: Configuration) throws(InferenceError) -> [Int?] {
        let layers = try configuration.int("num_layers", in: DecoderShape.Limit.layers)
        let window = try configuration.optionalInt("window_size", in: DecoderShape.Limit.positions) ?? 256
        let stated = configuration["attention_layers"]?.array
        let kinds = if let stated { stated } else { try expandedTypes(configuration) }
        guard kinds.count == layers else {
            throw .invalid("attention is described for \(kinds.count) of \(layers) layers", path: Configuration.path)
        }
        var windows: [Int?] = []
        for kind in kinds {
            switch kind.string {
            case "global": windows.append(nil)
            case "local": windows.append(window)
            default: throw .invalid("a layer's attention is neither global nor local", path: Configuration.path)
            }
        }
        return windows
    }

    private static func expandedTypes(_ configuration: Configuration) throws(InferenceError) -> [JSONValue] {
        var kinds: [JSONValue] = []
        for entry in configuration["attention_types"]?.array ?? [] {
            guard let pair = entry.array, pair.count == 2, let names = pair[0].array, let times = pair[1].int,
                DecoderShape.Limit.layers.contains(times), names.count * times <= DecoderShape.Limit.layers.upperBound
            else { throw .invalid("'attention_types' holds no pair of kinds and a count", path: Configuration.path) }
            for _ in 0..<times { kinds += names }
            guard kinds.count <= DecoderShape.Limit.layers.upperBound else { break }
        }
        return kinds
    }
}
