import HubCore
import HubTensors

extension Architecture {
    /// Llama (Meta), SmolLM2 and their like: RMS norms, rotary positions, gated feed-forward, shared key heads.
    static let llama = Architecture(
        modelType: "llama",
        names: { configuration throws(InferenceError) in
            var names = llamaNames
            let attention: TensorNames.Projection.Bias =
                try configuration.bool("attention_bias", default: false) ? .required : .none
            names.biasAttention(attention)
            names.output.bias = attention
            names.biasFeedForward(try configuration.bool("mlp_bias", default: false) ? .required : .none)
            return names
        },
        shape: llamaShape
    )

    /// Mistral: as Llama, with a window on all layers where one is given.
    static let mistral = Architecture(
        modelType: "mistral",
        names: { _ throws(InferenceError) in llamaNames },
        shape: { configuration throws(InferenceError) in
            var shape = try llamaShape(configuration)
            let window = try configuration.optionalInt("sliding_window", in: DecoderShape.Limit.positions)
            shape.windows = shape.windows.map { _ in window }
            return shape
        }
    )

    /// Qwen2 and 2.5: biases on query, key and value alone.
    static let qwen2 = Architecture(
        modelType: "qwen2",
        names: { _ throws(InferenceError) in
            var names = llamaNames
            names.biasAttention(.required)
            return names
        },
        shape: { configuration throws(InferenceError) in
            var shape = try llamaShape(configuration)
            shape.windows = try upperWindows(configuration, layers: shape.layers)
            return shape
        }
    )

    /// Qwen3: query and key heads are normed before they turn.
    static let qwen3 = Architecture(
        modelType: "qwen3",
        names: { configuration throws(InferenceError) in
            var names = llamaNames
            let attention: TensorNames.Projection.Bias =
                try configuration.bool("attention_bias", default: false) ? .required : .none
            names.biasAttention(attention)
            names.output.bias = attention
            return names
        },
        shape: { configuration throws(InferenceError) in
            var shape = try llamaShape(configuration)
            shape.windows = try upperWindows(configuration, layers: shape.layers)
            shape.normsHeads = true
            return shape
        }
    )
}

// MARK: What the family shares

extension TensorNames {
    fileprivate mutating func biasAttention(_ bias: Projection.Bias) {
        query.bias = bias
        key.bias = bias
        value.bias = bias
    }

    fileprivate mutating func biasFeedForward(_ bias: Projection.Bias) {
        gate?.bias = bias
        up.bias = bias
        down.bias = bias
    }
}

private let llamaNames = TensorNames(
    prefixes: ["model.", ""], embedding: "embed_tokens.weight", positions: nil, layer: "layers.",
    finalNorm: "norm", attentionNorm: "input_layernorm",
    query: .init(name: "self_attn.q_proj"),
    key: .init(name: "self_attn.k_proj"),
    value: .init(name: "self_attn.v_proj"),
    output: .init(name: "self_attn.o_proj"),
    feedForwardNorm: "post_attention_layernorm",
    gate: .init(name: "mlp.gate_proj"),
    up: .init(name: "mlp.up_proj"),
    down: .init(name: "mlp.down_proj")
)

@Sendable
private func llamaShape(_ configuration: Configuration) throws(InferenceError) -> DecoderShape {
    let hidden = try configuration.int("hidden_size", in: DecoderShape.Limit.hidden)
    let heads = try configuration.int("num_attention_heads", in: DecoderShape.Limit.heads)
    let stated = try configuration.optionalInt("head_dim", in: DecoderShape.Limit.headSize)
    let headSize = if let stated { stated } else { try configuration.quotient(hidden, heads) }
    return DecoderShape(
        vocabulary: try configuration.int("vocab_size", in: DecoderShape.Limit.vocabulary),
        hidden: hidden,
        heads: heads,
        keyValueHeads: try configuration.optionalInt("num_key_value_heads", in: DecoderShape.Limit.heads) ?? heads,
        headSize: headSize,
        feedForward: try configuration.int("intermediate_size", in: DecoderShape.Limit.feedForward),
        positions: try configuration.optionalInt("max_position_embeddings", in: DecoderShape.Limit.positions) ?? 2048,
        norm: .rms,
        epsilon: Float(try configuration.double("rms_norm_eps", default: 1e-6, in: DecoderShape.Limit.epsilon)),
        rotary: try RotaryPositions(configuration, headSize: headSize),
        scoreScale: 1 / Float(headSize).squareRoot(),
        windows: Array(
            repeating: nil, count: try configuration.int("num_hidden_layers", in: DecoderShape.Limit.layers)),
        activation: try configuration.activation("hidden_act", default: "silu"),
        isGated: true,
        isTied: try configuration.bool("tie_word_embeddings", default: false)
    )
}

/// The windows of the Qwens: switched on by a flag of their own, from some layer on.
private func upperWindows(_ configuration: Configuration, layers: Int) throws(InferenceError) -> [Int?] {
    guard try configuration.bool("use_sliding_window", default: false),
        let window = try configuration.optionalInt("sliding_window", in: DecoderShape.Limit.positions)
    else { return Array(repeating: nil, count: layers) }
    if let kinds = configuration["layer_types"]?.array {
        guard kinds.count == layers else {
            throw .invalid("'layer_types' describes \(kinds.count) of \(layers) layers", path: Configuration.path)
        }
        return kinds.map { $0.string == "sliding_attention" ? window : nil }
    }
    let first = try configuration.optionalInt("max_window_layers", in: 0...DecoderShape.Limit.layers.upperBound) ?? 28
    return (0..<layers).map { $0 >= first ? window : nil }
}
