extension Architecture {
    /// GPT-2 (OpenAI): learned positions, query, key and value in one matrix stored (in, out).
    static let gpt2 = Architecture(
        modelType: "gpt2",
        names: { _ throws(InferenceError) in
            TensorNames(
                prefixes: ["transformer.", ""], embedding: "wte.weight", positions: "wpe.weight", layer: "h.",
                finalNorm: "ln_f", attentionNorm: "ln_1",
                query: .init(name: "attn.c_attn", bias: .required, third: 0),
                key: .init(name: "attn.c_attn", bias: .required, third: 1),
                value: .init(name: "attn.c_attn", bias: .required, third: 2),
                output: .init(name: "attn.c_proj", bias: .required),
                feedForwardNorm: "ln_2",
                up: .init(name: "mlp.c_fc", bias: .required),
                down: .init(name: "mlp.c_proj", bias: .required),
                isTransposed: true
            )
        },
        shape: { configuration throws(InferenceError) in
            let hidden = try configuration.int("n_embd", in: DecoderShape.Limit.hidden)
            let heads = try configuration.int("n_head", in: DecoderShape.Limit.heads)
            let headSize = try configuration.quotient(hidden, heads)
            guard try !configuration.bool("scale_attn_by_inverse_layer_idx", default: false),
                try configuration.bool("scale_attn_weights", default: true)
            else { throw .unsupported("scores scaled by layer, or not at all, are not supported", path: "config.json") }
            return DecoderShape(
                vocabulary: try configuration.int("vocab_size", in: DecoderShape.Limit.vocabulary),
                hidden: hidden,
                heads: heads,
                keyValueHeads: heads,
                headSize: headSize,
                feedForward: try configuration.optionalInt("n_inner", in: DecoderShape.Limit.feedForward) ?? 4 * hidden,
                positions: try configuration.optionalInt("n_positions", in: DecoderShape.Limit.positions) ?? 1024,
                norm: .layer,
                epsilon: Float(
                    try configuration.double("layer_norm_epsilon", default: 1e-5, in: DecoderShape.Limit.epsilon)),
                rotary: nil,
                scoreScale: 1 / Float(headSize).squareRoot(),
                windows: Array(repeating: nil, count: try configuration.int("n_layer", in: DecoderShape.Limit.layers)),
                activation: try configuration.activation("activation_function", default: "gelu_new"),
                isGated: false,
                isTied: try configuration.bool("tie_word_embeddings", default: true)
            )
        }
    )
}
