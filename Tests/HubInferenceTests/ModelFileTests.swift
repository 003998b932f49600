import Foundation
import HubCore
import HubInference
import Testing

@Suite("Models in other words, and hostile ones")
struct ModelFileTests {
    private func load(
        _ name: String, _ change: (inout [String: Any]) -> Void = { _ in }, rename: (String) -> String = { $0 }
    ) async throws -> Decoder {
        var files = try Fixtures.model(name)
        let text = try Fixtures.bytes("models/\(name)/config.json")
        var configuration = try #require(try JSONSerialization.jsonObject(with: Data(text)) as? [String: Any])
        change(&configuration)
        files["config.json"] = BufferReader([UInt8](try JSONSerialization.data(withJSONObject: configuration)))
        var checkpoint = try TestCheckpoint(try Fixtures.bytes("models/\(name)/model.safetensors"))
        for place in checkpoint.tensors.indices {
            checkpoint.tensors[place].name = rename(checkpoint.tensors[place].name)
        }
        files["model.safetensors"] = BufferReader(checkpoint.serialized(as: .bfloat16))
        return try Decoder(try await LanguageModel.load(files))
    }

    private func expectGolden(_ name: String, _ decoder: Decoder) throws {
        let golden = try GoldenModel.load(name)
        #expect(furthest(try decoder.losses(golden.tokens), golden.losses) <= 1e-3)
    }

    // MARK: The same in other words

    @Test("Rotary positions as Transformers wrote them before version 5 mean the same")
    func olderRotary() async throws {
        let decoder = try await load("tiny-llama-3") { configuration in
            var scaling = configuration.removeValue(forKey: "rope_parameters") as? [String: Any] ?? [:]
            configuration["rope_theta"] = scaling.removeValue(forKey: "rope_theta")
            configuration["rope_scaling"] = scaling
        }
        try expectGolden("tiny-llama-3", decoder)
        let linear = try await load("tiny-llama-linear") { configuration in
            configuration["rope_parameters"] = nil
            configuration["rope_theta"] = 10_000.0
            configuration["rope_scaling"] = ["type": "linear", "factor": 4.0]
        }
        try expectGolden("tiny-llama-linear", linear)
    }

    @Test("Windows of the older Qwen2 files, from some layer on, mean the same")
    func olderWindows() async throws {
        try expectGolden("tiny-qwen2", try await load("tiny-qwen2") { $0["layer_types"] = nil })
    }

    @Test("GPT-Neo's attention in its run-length form means the same")
    func attentionTypes() async throws {
        try expectGolden("tiny-gpt-neo", try await load("tiny-gpt-neo") { $0["attention_layers"] = nil })
    }

    @Test("Names without the model's prefix are found")
    func noPrefix() async throws {
        let bare = { (name: String) in String(name.trimmingPrefix("transformer.")) }
        try expectGolden("tiny-gpt2", try await load("tiny-gpt2", rename: bare))
        try expectGolden("tiny-gpt-neo", try await load("tiny-gpt-neo", rename: bare))
        let inner = { (name: String) in String(name.trimmingPrefix("model.")) }
        try expectGolden("tiny-llama-untied", try await load("tiny-llama-untied", rename: inner))
    }

    @Test("A model that says it is untied but has no head of its own reads its embedding")
    func untiedWithoutHead() async throws {
        try expectGolden("tiny-smollm2", try await load("tiny-smollm2") { $0["tie_word_embeddings"] = false })
    }

    // MARK: Refused

    @Test(
        "A configuration that is absurd is refused by the name of its key, before anything is allocated",
        arguments: [
            ("hidden_size", 1 << 40), ("hidden_size", 0), ("hidden_size", -48), ("num_attention_heads", 0),
            ("num_hidden_layers", 1 << 30), ("vocab_size", 1 << 40), ("intermediate_size", 0), ("head_dim", 1 << 20),
            ("num_key_value_heads", 0), ("max_position_embeddings", 0),
        ])
    func absurd(_ key: String, _ value: Int) async throws {
        let error = await #expect(throws: InferenceError.self) {
            _ = try await load("tiny-llama-untied") { $0[key] = value }
        }
        #expect(error?.description.contains("'\(key)'") == true, "\(String(describing: error))")
    }

    @Test("Heads that cannot share their keys, or cannot be halved, are refused")
    func oddHeads() async throws {
        await #expect(throws: InferenceError.self) {
            _ = try await load("tiny-llama-untied") { $0["num_key_value_heads"] = 4 }
        }
        await #expect(throws: InferenceError.self) { _ = try await load("tiny-llama-untied") { $0["head_dim"] = 9 } }
    }

    @Test("A shape that is not the configuration's is refused, naming the tensor")
    func otherShape() async throws {
        let error = await #expect(throws: InferenceError.self) {
            _ = try await load("tiny-llama-untied") { $0["intermediate_size"] = 81 }
        }
        #expect(error?.finding.tensor?.contains("mlp.") == true)
        #expect(error?.description.contains("81") == true)
    }

    @Test(
        "A feature that is not computed is refused, and is no fault of the model",
        arguments: [
            ("tiny-llama-3", "rope_parameters", #"{"rope_type": "yarn", "rope_theta": 10000.0, "factor": 2.0}"#),
            ("tiny-llama-3", "hidden_act", #""relu2""#),
            ("tiny-llama-3", "quantization_config", #"{"bits": 4}"#),
            ("tiny-gpt2", "scale_attn_by_inverse_layer_idx", "true"),
            ("tiny-llama-3", "model_type", #""llama7""#),
        ])
    func unsupported(_ name: String, _ key: String, _ json: String) async throws {
        let value = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
        let error = await #expect(throws: InferenceError.self) { _ = try await load(name) { $0[key] = value } }
        #expect(error?.finding.severity == .note, "\(String(describing: error))")
    }

    @Test("Tokens that the model does not have, and more than it has positions for, are refused")
    func foreignTokens() async throws {
        let decoder = try await load("tiny-gpt2")
        #expect(throws: InferenceError.self) { try decoder.losses([1, 131]) }
        #expect(throws: InferenceError.self) { try decoder.losses([-1, 5]) }
        #expect(throws: InferenceError.self) { try decoder.losses(Array(repeating: 1, count: 97)) }
        #expect(throws: InferenceError.self) { try decoder.generate(after: [131], count: 1) }
        #expect(throws: InferenceError.self) { try decoder.generate(after: Array(repeating: 1, count: 97), count: 1) }
    }

    @Test("Text ends where the model's positions do, and at a token named as the end")
    func ends() async throws {
        let decoder = try await load("tiny-gpt2")
        let prompt = Array(try GoldenModel.load("tiny-gpt2").tokens.prefix(75))
        let output = try decoder.generate(after: prompt, count: 200)
        #expect(output.count == 96 - prompt.count + 1)
        let end = try #require(output.dropFirst(3).first)
        let ended = try decoder.generate(after: prompt, count: 200, endingAt: [end])
        #expect(ended == Array(output.prefix { $0 != end }))
        #expect(try decoder.generate(after: [], count: 5).isEmpty)
        #expect(try decoder.generate(after: prompt, count: 0).isEmpty)
    }

    @Test("Weights over the memory limit are not read, nor turned")
    func memoryLimit() async throws {
        var options = LoadOptions()
        options.memoryLimit = 50_000
        var files = try Fixtures.model("tiny-gpt2")
        await #expect(throws: InferenceError.self) { try await LanguageModel.load(files, options) }
        files = try Fixtures.model("tiny-qwen3")
        _ = try await LanguageModel.load(files, options)
        files["model.safetensors"] = BufferReader(try Fixtures.bytes("models/tiny-qwen3/model.safetensors"))
        await #expect(throws: InferenceError.self) { try await LanguageModel.load(files, options) }
    }

    @Test("A prompt longer than a window goes on where the window ended")
    func longPrompt() async throws {
        let golden = try GoldenModel.load("tiny-smollm2")
        var options = DecoderOptions()
        options.window = 32
        let model = try await LanguageModel.load(try Fixtures.model("tiny-smollm2"))
        let short = try Decoder(model, options)
        #expect(short.window == 32)
        let whole = try Decoder(model)
        #expect(
            try short.generate(after: golden.tokens, count: 12) == whole.generate(after: golden.tokens, count: 12))
        let logits = try whole.lastLogits(golden.tokens)
        let expected = try #require(golden.logits.last)
        let scale = expected.reduce(0) { max($0, abs($1)) }
        #expect(furthest(logits.map(Double.init), expected) <= 1e-4 * scale)
    }
}
