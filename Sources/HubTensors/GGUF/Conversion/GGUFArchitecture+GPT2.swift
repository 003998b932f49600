import HubCore

extension GGUFArchitecture {
    /// GPT-2, whose matrices Transformers keeps with the inputs outermost.
    static let gpt2 = GGUFArchitecture(
        name: "gpt2", modelType: "gpt2", className: "GPT2LMHeadModel", layerPrefix: "transformer.h.#.",
        outerTensors: { model in
            let embeddings: [GGUFTensorRule] = [
                .weight("token_embd", "transformer.wte", [model.vocabulary, model.hidden]),
                .weight("position_embd", "transformer.wpe", [model.positions, model.hidden]),
            ]
            let head: [GGUFTensorRule] =
                model.isTied ? [] : [.weight("output", "lm_head", [model.vocabulary, model.hidden])]
            return embeddings + .withBias("output_norm", "transformer.ln_f", [model.hidden]) + head
        },
        layerTensors: { model in
            let parts: [[GGUFTensorRule]] = [
                .withBias("attn_norm", "ln_1", [model.hidden]),
                .withBias("attn_qkv", "attn.c_attn", [3 * model.hidden, model.hidden], .transposed),
                .withBias("attn_output", "attn.c_proj", [model.hidden, model.hidden], .transposed),
                .withBias("ffn_norm", "ln_2", [model.hidden]),
                .withBias("ffn_up", "mlp.c_fc", [model.feedForward, model.hidden], .transposed),
                .withBias("ffn_down", "mlp.c_proj", [model.hidden, model.feedForward], .transposed),
            ]
            return parts.flatMap(\.self)
        },
        configuration: { model in
            [
                "n_embd": .integer(model.hidden),
                "n_inner": .integer(model.feedForward),
                "n_layer": .integer(model.layers),
                "n_head": .integer(model.heads),
                "n_positions": .integer(model.positions),
                "activation_function": "gelu_new",
                "layer_norm_epsilon": .number(try model.keys.double("attention.layer_norm_epsilon")),
            ]
        }
    )
}
