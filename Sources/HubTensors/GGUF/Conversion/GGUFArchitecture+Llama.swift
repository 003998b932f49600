import HubCore

extension GGUFArchitecture {
    /// Llama and its like, SmolLM2 and Mistral among them.
    ///
    /// GGUF stores the rows of query and key so that the features of a rotary pair are neighbours; Transformers keeps
    /// them half a head apart.
    static let llama = GGUFArchitecture(
        name: "llama", modelType: "llama", className: "LlamaForCausalLM", layerPrefix: "model.layers.#.",
        outerTensors: decoderOuterTensors,
        layerTensors: { model in
            let pairs = GGUFArrangement.rotaryPairs(headSize: model.headSize)
            var rules = decoderLayerTensors(model, queryAndKey: pairs)
            if model.hasLayerTensor("attn_q.bias") {
                rules += [
                    .bias("attn_q", "self_attn.q_proj", model.queryRows, pairs),
                    .bias("attn_k", "self_attn.k_proj", model.keyRows, pairs),
                    .bias("attn_v", "self_attn.v_proj", model.keyRows),
                    .bias("attn_output", "self_attn.o_proj", model.hidden),
                ]
            }
            if model.hasLayerTensor("ffn_gate.bias") {
                rules += [
                    .bias("ffn_gate", "mlp.gate_proj", model.feedForward),
                    .bias("ffn_up", "mlp.up_proj", model.feedForward),
                    .bias("ffn_down", "mlp.down_proj", model.hidden),
                ]
            }
            return rules
        },
        configuration: { model in
            var document = try decoderConfiguration(model)
            document.set("attention_bias", .bool(model.hasLayerTensor("attn_q.bias")))
            document.set("mlp_bias", .bool(model.hasLayerTensor("ffn_gate.bias")))
            return document
        }
    )

    /// Qwen2 and 2.5: biases on query, key and value alone.
    static let qwen2 = GGUFArchitecture(
        name: "qwen2", modelType: "qwen2", className: "Qwen2ForCausalLM", layerPrefix: "model.layers.#.",
        outerTensors: decoderOuterTensors,
        layerTensors: { model in
            decoderLayerTensors(model) + [
                .bias("attn_q", "self_attn.q_proj", model.queryRows),
                .bias("attn_k", "self_attn.k_proj", model.keyRows),
                .bias("attn_v", "self_attn.v_proj", model.keyRows),
            ]
        },
        configuration: { model in
            var document = try decoderConfiguration(model)
            document.set("use_sliding_window", .bool(false))
            return document
        }
    )

    /// Qwen3: query and key heads are normed before they turn.
    static let qwen3 = GGUFArchitecture(
        name: "qwen3", modelType: "qwen3", className: "Qwen3ForCausalLM", layerPrefix: "model.layers.#.",
        outerTensors: decoderOuterTensors,
        layerTensors: { model in
            decoderLayerTensors(model) + [
                .weight("attn_q_norm", "self_attn.q_norm", [model.headSize]),
                .weight("attn_k_norm", "self_attn.k_norm", [model.headSize]),
            ]
        },
        configuration: { model in
            var document = try decoderConfiguration(model)
            document.set("attention_bias", .bool(false))
            document.set("use_sliding_window", .bool(false))
            return document
        }
    )
}

// MARK: What the family shares

extension GGUFModel {
    fileprivate var queryRows: Int { heads * headSize }
    fileprivate var keyRows: Int { keyValueHeads * headSize }
}

@Sendable
private func decoderOuterTensors(_ model: GGUFModel) -> [GGUFTensorRule] {
    [
        .weight("token_embd", "model.embed_tokens", [model.vocabulary, model.hidden]),
        .weight("output_norm", "model.norm", [model.hidden]),
    ] + (model.isTied ? [] : [.weight("output", "lm_head", [model.vocabulary, model.hidden])])
}

private func decoderLayerTensors(
    _ model: GGUFModel,
    queryAndKey: GGUFArrangement = .asStored
) -> [GGUFTensorRule] {
    [
        .weight("attn_norm", "input_layernorm", [model.hidden]),
        .weight("attn_q", "self_attn.q_proj", [model.queryRows, model.hidden], queryAndKey),
        .weight("attn_k", "self_attn.k_proj", [model.keyRows, model.hidden], queryAndKey),
        .weight("attn_v", "self_attn.v_proj", [model.keyRows, model.hidden]),
        .weight("attn_output", "self_attn.o_proj", [model.hidden, model.queryRows]),
        .weight("ffn_norm", "post_attention_layernorm", [model.hidden]),
        .weight("ffn_gate", "mlp.gate_proj", [model.feedForward, model.hidden]),
        .weight("ffn_up", "mlp.up_proj", [model.feedForward, model.hidden]),
        .weight("ffn_down", "mlp.down_proj", [model.hidden, model.feedForward]),
    ]
}

private func decoderConfiguration(_ model: GGUFModel) throws -> JSONObject {
    let turned = try model.keys.optionalInt("rope.dimension_count", in: 1...4096) ?? model.headSize
    guard turned == model.headSize else {
        throw model.keys.refusal("heads of \(model.headSize) of which only \(turned) turn cannot be converted")
    }
    var document: JSONObject = [
        "hidden_size": .integer(model.hidden),
        "intermediate_size": .integer(model.feedForward),
        "num_hidden_layers": .integer(model.layers),
        "num_attention_heads": .integer(model.heads),
        "num_key_value_heads": .integer(model.keyValueHeads),
        "head_dim": .integer(model.headSize),
        "hidden_act": "silu",
        "max_position_embeddings": .integer(model.positions),
        "rms_norm_eps": .number(try model.keys.double("attention.layer_norm_rms_epsilon")),
        "rope_theta": .number(model.keys.optionalDouble("rope.freq_base") ?? 10_000),
    ]
    if let scaling = model.ropeScaling { document.set("rope_scaling", .object(scaling)) }
    return document
}
