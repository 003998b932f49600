import HubCore
import HubTensors
import Testing

/// A Llama of one layer, width 4, two heads of 2 with one for keys, and four tokens.
private struct TestLlama {
    var file = TestGGUF()

    init(_ change: (inout TestLlama) -> Void = { _ in }) {
        let numbers: [(String, UInt32)] = [
            ("block_count", 1), ("context_length", 16), ("embedding_length", 4), ("feed_forward_length", 3),
            ("attention.head_count", 2), ("attention.head_count_kv", 1),
        ]
        for (key, number) in numbers { file.set("llama.\(key)", .uint32(number)) }
        file.set("llama.attention.layer_norm_rms_epsilon", .float32(1e-5))
        file.set("tokenizer.ggml.model", .text("gpt2"))
        file.set("tokenizer.ggml.pre", .text("smollm"))
        file.set("tokenizer.ggml.tokens", .texts(["a", "b", "ab", "<s>"]))
        file.set("tokenizer.ggml.token_type", .ints([1, 1, 1, 3]))
        file.set("tokenizer.ggml.merges", .texts(["a b"]))
        file.set("tokenizer.ggml.bos_token_id", .uint32(3))
        let shapes: [(String, [UInt64])] = [
            ("token_embd", [4, 4]), ("output_norm", [4]), ("blk.0.attn_norm", [4]), ("blk.0.attn_q", [4, 4]),
            ("blk.0.attn_k", [4, 2]), ("blk.0.attn_v", [4, 2]), ("blk.0.attn_output", [4, 4]), ("blk.0.ffn_norm", [4]),
            ("blk.0.ffn_gate", [4, 3]), ("blk.0.ffn_up", [4, 3]), ("blk.0.ffn_down", [3, 4]),
        ]
        for (name, dimensions) in shapes { add("\(name).weight", dimensions) }
        change(&self)
    }

    /// Adds a tensor of numbers counted from zero.
    mutating func add(_ name: String, _ dimensions: [UInt64]) {
        file.add(name, dimensions, (0..<Int(dimensions.reduce(1, *))).map(Float.init))
    }

    mutating func change(_ name: String, _ body: (inout TestGGUF.Entry) -> Void) {
        for place in file.tensors.indices where file.tensors[place].name == name { body(&file.tensors[place]) }
    }
}

@Suite struct GGUFConverterRefusalTests {
    private func convert(
        _ model: TestLlama, to folder: TemporaryFolder
    ) async throws -> (result: GGUFConversion, configuration: JSONValue) {
        let file = try await GGUFFile.open(model.file.reader, path: "m.gguf")
        let result = try await GGUFConverter(file).convert(to: folder.path)
        return (result, try JSONReader.parse(try folder.bytes("config.json")))
    }

    private func refusal(_ model: TestLlama) async throws -> [Finding] {
        let folder = try TemporaryFolder()
        let error = await #expect(throws: HubError.self) { try await convert(model, to: folder) }
        #expect(try folder.names.isEmpty)
        guard case .refused(let findings) = error else { return [] }
        return findings
    }

    struct Fault: CustomTestStringConvertible, Sendable {
        fileprivate let model: TestLlama
        let tensor: String?
        let words: String

        fileprivate init(_ words: String, of tensor: String? = nil, _ change: (inout TestLlama) -> Void) {
            (model, self.tensor, self.words) = (TestLlama(change), tensor, words)
        }

        var testDescription: String { words }
    }

    @Test(
        "what cannot be converted is said in a sentence, and nothing is written",
        arguments: [
            Fault("the architecture 'mamba' cannot be converted; known are llama, qwen2, qwen3, gpt2") {
                $0.file.set("general.architecture", .text("mamba"))
            },
            Fault("'llama.block_count' is missing") { $0.file.metadata.removeAll { $0.key == "llama.block_count" } },
            Fault("'llama.block_count' is 4294967295; expected 1 to 10000") {
                $0.file.set("llama.block_count", .uint32(.max))
            },
            Fault("'llama.attention.head_count_kv' is an array of integers, not one integer for all layers") {
                $0.file.set("llama.attention.head_count_kv", .ints([1, 2]))
            },
            Fault("the width 4 is no multiple of the 3 heads") {
                $0.file.set("llama.attention.head_count", .uint32(3))
            },
            Fault("mixtures of experts cannot be converted") { $0.file.set("llama.expert_count", .uint32(8)) },
            Fault("rotary positions of type 'yarn' cannot be converted") {
                $0.file.set("llama.rope.scaling.type", .text("yarn"))
            },
            Fault("heads of 2 of which only 1 turn cannot be converted") {
                $0.file.set("llama.rope.dimension_count", .uint32(1))
            },
            Fault("no scaling that a configuration can name") { $0.file.add("rope_freqs.weight", [1], [3]) },
            Fault("'llama.attention.layer_norm_rms_epsilon' is missing or no number") {
                $0.file.metadata.removeAll { $0.key.hasSuffix("epsilon") }
            },
            Fault("the tensor is missing", of: "blk.0.ffn_up.weight") {
                $0.change("blk.0.ffn_up.weight") { $0.name = "blk.0.ffn_over.weight" }
            },
            Fault("models of the architecture 'llama' have no such tensor", of: "blk.0.ffn_over.weight") {
                $0.change("blk.0.ffn_up.weight") { $0.name = "blk.0.ffn_over.weight" }
            },
            Fault("the tensor is missing", of: "blk.1.attn_q.weight") { $0.file.set("llama.block_count", .uint32(2)) },
            Fault("its shape is [3, 4], but the metadata say [2, 4]", of: "blk.0.ffn_up.weight") {
                $0.file.set("llama.feed_forward_length", .uint32(2))
            },
            Fault("tensors of type I32 cannot be converted", of: "blk.0.ffn_up.weight") {
                $0.change("blk.0.ffn_up.weight") { $0.type = GGUFType.i32.rawValue }
            },
            Fault("the matrix 'token_embd.weight' is missing") {
                $0.change("token_embd.weight") { $0.name = "x.weight" }
            },
            Fault("the tensor is missing", of: "blk.0.attn_output.bias") {
                $0.add("blk.0.attn_q.bias", [4])
                $0.add("blk.0.attn_k.bias", [2])
                $0.add("blk.0.attn_v.bias", [2])
            },
        ])
    func faults(_ fault: Fault) async throws {
        let findings = try await refusal(fault.model)
        #expect(findings.contains { $0.message.contains(fault.words) && $0.tensor == fault.tensor }, "\(findings)")
    }

    @Test(
        "a tokenizer that cannot be converted is a warning, and the weights are converted",
        arguments: [
            Fault("its model is 'llama'; only byte-level BPE, 'gpt2', is known") {
                $0.file.set("tokenizer.ggml.model", .text("llama"))
            },
            Fault("its way of splitting text, 'new', is unknown") { $0.file.set("tokenizer.ggml.pre", .text("new")) },
            Fault("token 1, 'a', stands twice") {
                $0.file.set("tokenizer.ggml.tokens", .texts(["a", "a", "ab", "s"]))
            },
            Fault("'tokenizer.ggml.merges' is missing") {
                $0.file.metadata.removeAll { $0.key == "tokenizer.ggml.merges" }
            },
            Fault("merge 1 is not of two tokens that make a third") {
                $0.file.set("tokenizer.ggml.merges", .texts(["a b", "b a"]))
            },
            Fault("token 0 is not UTF-8") {
                let words: [UInt8] = UInt32(8).littleEndianBytes + UInt64(1).littleEndianBytes
                $0.file.metadata.removeAll { $0.key == "tokenizer.ggml.token_type" }
                $0.file.set("tokenizer.ggml.tokens", .raw(9, words + UInt64(1).littleEndianBytes + [0xFF]))
            },
        ])
    func tokenizers(_ fault: Fault) async throws {
        let folder = try TemporaryFolder()
        let (result, _) = try await convert(fault.model, to: folder)
        #expect(result.findings.count == 1 && result.findings[0].severity == .warning)
        #expect(result.findings[0].message.contains(fault.words), "\(result.findings)")
        #expect(try folder.names == ["config.json", "model.safetensors"])
    }

    @Test func `only BF16 and F32 can be asked for`() async throws {
        let folder = try TemporaryFolder()
        let file = try await GGUFFile.open(TestLlama().file.reader, path: "m.gguf")
        await #expect(throws: HubError.invalid("quantised tensors become BF16 or F32, not F16")) {
            try await GGUFConverter(file).convert(to: folder.path, dtype: .float16)
        }
    }

    @Test func `a head that is a copy of the embedding is left out, another is kept`() async throws {
        let folder = try TemporaryFolder()
        let copy = try await convert(TestLlama { $0.add("output.weight", [4, 4]) }, to: folder)
        #expect(copy.configuration["tie_word_embeddings"]?.bool == true)
        let other = TestLlama { $0.file.add("output.weight", [4, 4], (0..<16).map { Float($0) * 2 }) }
        #expect(try await convert(other, to: folder).configuration["tie_word_embeddings"]?.bool == false)
        let head = try await Checkpoint.open([
            "model.safetensors": try MappedFile(path: "\(folder.path)/model.safetensors")
        ]).floats("lm_head.weight")
        #expect(head == (0..<16).map { Float($0) * 2 })
    }

    @Test func `rotary rows of keys go by their own heads, biases as well`() async throws {
        let folder = try TemporaryFolder()
        let model = TestLlama {
            $0.file.set("llama.attention.head_count", .uint32(1))
            for (name, count) in [("attn_q", 4), ("attn_k", 4), ("attn_v", 4), ("attn_output", 4)] as [(String, UInt64)]
            {
                $0.add("blk.0.\(name).bias", [count])
            }
            for name in ["attn_k", "attn_v"] {
                $0.file.tensors.removeAll { $0.name == "blk.0.\(name).weight" }
            }
            $0.repack()
            $0.add("blk.0.attn_k.weight", [4, 4])
            $0.add("blk.0.attn_v.weight", [4, 4])
        }
        let (_, configuration) = try await convert(model, to: folder)
        #expect(configuration["attention_bias"]?.bool == true)
        let converted = try await Checkpoint.open([
            "model.safetensors": try MappedFile(path: "\(folder.path)/model.safetensors")
        ])
        #expect(try await converted.floats("model.layers.0.self_attn.q_proj.bias") == [0, 2, 1, 3])
        #expect(try await converted.floats("model.layers.0.self_attn.v_proj.bias") == [0, 1, 2, 3])
        #expect(
            try await converted.floats("model.layers.0.self_attn.k_proj.weight")
                == [0, 1, 2, 3, 8, 9, 10, 11, 4, 5, 6, 7, 12, 13, 14, 15])
    }

    @Test func `linear scaling and the divisors of Llama 3 are named in the configuration`() async throws {
        let folder = try TemporaryFolder()
        let linear = TestLlama {
            $0.file.set("llama.rope.scaling.type", .text("linear"))
            $0.file.set("llama.rope.scaling.factor", .float32(4))
        }
        let scaling = try await convert(linear, to: folder).configuration["rope_scaling"]
        #expect(scaling?["rope_type"] == "linear" && scaling?["factor"]?.double == 4)
        let plain = TestLlama { $0.file.add("rope_freqs.weight", [1], [1]) }
        #expect(try await convert(plain, to: folder).configuration["rope_scaling"] == nil)
    }

    @Test func `a token for the beginning is set by the pipeline`() async throws {
        let folder = try TemporaryFolder()
        _ = try await convert(TestLlama { $0.file.set("tokenizer.ggml.add_bos_token", .bool(1)) }, to: folder)
        let template = try JSONReader.parse(try folder.bytes("tokenizer.json"))["post_processor"]
        #expect(template?["type"] == "TemplateProcessing")
        #expect(template?["single"]?.array?.first?["SpecialToken"]?["id"] == "<s>")
        #expect(template?["special_tokens"]?["<s>"]?["ids"] == .array([.integer(3)]))
    }
}

extension TestLlama {
    /// Lays the data of the tensors left end to end.
    fileprivate mutating func repack() {
        let old = file
        file.tensors = []
        file.data = []
        for tensor in old.tensors {
            let count = Int(tensor.dimensions.reduce(1, *)) * 4
            file.add(
                tensor.name, tensor.dimensions, .f32, Array(old.data[Int(tensor.offset)..<Int(tensor.offset) + count]))
        }
    }
}
