import HubCore
import HubTensors
import Synchronization
import Testing

@Suite struct GGUFConverterTests {
    private func convert(
        _ reader: any ByteReader, to folder: TemporaryFolder, dtype: DType = .bfloat16
    ) async throws -> GGUFConversion {
        let file = try await GGUFFile.open(reader, path: "model.gguf")
        return try await GGUFConverter(file).convert(to: folder.path, dtype: dtype)
    }

    private func checkpoint(in folder: TemporaryFolder) async throws -> Checkpoint {
        try await Checkpoint.open([
            "model.safetensors": try MappedFile(path: "\(folder.path)/model.safetensors")
        ])
    }

    @Test("tensors come out as they were before they went into GGUF", arguments: ["tiny-llama", "tiny-gpt2"])
    func tensors(_ name: String) async throws {
        let folder = try TemporaryFolder()
        let result = try await convert(try Fixture.file("gguf/\(name).gguf"), to: folder)
        #expect(result.findings.isEmpty)
        let converted = try await checkpoint(in: folder)
        let expected = try await Fixture.checkpoint("gguf/\(name).safetensors")
        #expect(Set(converted.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
        for tensor in expected.tensors {
            let other = try #require(converted[tensor.name])
            #expect(other.info.typeDescription == tensor.info.typeDescription, "\(tensor.name)")
            #expect(try await other.hasSameBytes(as: tensor), "\(tensor.name)")
        }
    }

    @Test func `quantised tensors become F32 when asked, and nothing else changes`() async throws {
        let folder = try TemporaryFolder()
        _ = try await convert(try Fixture.file("gguf/tiny-llama.gguf"), to: folder, dtype: .float32)
        let converted = try await checkpoint(in: folder)
        let expected = try await Fixture.checkpoint("gguf/tiny-llama.safetensors")
        #expect(converted["model.layers.0.self_attn.k_proj.weight"]?.info.dtype == .float16)
        #expect(converted["model.embed_tokens.weight"]?.info.dtype == .float32)
        for kernels in TensorKernels.all {
            let rounded = Element.narrow(
                try await converted.floats("model.embed_tokens.weight"), to: .bfloat16, kernels)
            #expect(try await expected.bytes("model.embed_tokens.weight") == rounded)
        }
    }

    @Test("the tokenizer is the one that went in", arguments: ["tiny-llama", "tiny-gpt2"])
    func tokenizer(_ name: String) async throws {
        let folder = try TemporaryFolder()
        _ = try await convert(try Fixture.file("gguf/\(name).gguf"), to: folder)
        let converted = try JSONReader.parse(try folder.bytes("tokenizer.json"))
        let original = try Fixture.json("gguf/\(name).tokenizer.json")
        for key in ["pre_tokenizer", "normalizer", "added_tokens"] {
            #expect(converted[key]?.sorted == original[key]?.sorted, "\(key)")
        }
        #expect(converted["model"]?["vocab"]?.sorted == original["model"]?["vocab"]?.sorted)
        let merges = original["model"]?["merges"]?.array?.map {
            $0.array.map { $0.compactMap(\.string).joined(separator: " ") } ?? $0.string
        }
        #expect(converted["model"]?["merges"]?.array?.map(\.string) == merges)
    }

    @Test func `the configuration says what the metadata said`() async throws {
        let folder = try TemporaryFolder()
        _ = try await convert(try Fixture.file("gguf/tiny-llama.gguf"), to: folder)
        let configuration = try JSONReader.parse(try folder.bytes("config.json"))
        #expect(configuration["architectures"] == .array(["LlamaForCausalLM"]))
        let numbers = [
            "vocab_size": 288, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 128,
            "bos_token_id": 0, "eos_token_id": 1, "rope_theta": 50_000,
        ]
        for (key, number) in numbers { #expect(configuration[key]?.int == number, "\(key)") }
        #expect(configuration["rms_norm_eps"]?.double == 1e-5)
        #expect(configuration["tie_word_embeddings"]?.bool == true)
        #expect(configuration["torch_dtype"]?.string == "bfloat16")
        let tokenizer = try JSONReader.parse(try folder.bytes("tokenizer_config.json"))
        #expect(tokenizer["bos_token"] == "<|begin|>" && tokenizer["eos_token"] == "<|end|>")
        let generation = try JSONReader.parse(try folder.bytes("generation_config.json"))
        #expect(generation["eos_token_id"]?.int == 1)
    }

    @Test func `what is converted passes the hub's own checks`() async throws {
        let folder = try TemporaryFolder()
        let names = try await convert(try Fixture.file("gguf/tiny-gpt2.gguf"), to: folder).files
        var files: [String: any ByteReader] = [:]
        for name in names { files[name] = try MappedFile(path: "\(folder.path)/\(name)") }
        #expect(try await StructureCheck.findings(files: files).isEmpty)
        for name in names {
            #expect(try await SecurityCheck.findings(path: name, reader: try #require(files[name])).isEmpty)
        }
    }

    @Test func `progress goes from none to all`() async throws {
        let folder = try TemporaryFolder()
        let steps = Mutex<[Int]>([])
        let file = try await GGUFFile.open(try Fixture.file("gguf/tiny-llama.gguf"), path: "x")
        try await GGUFConverter(file).convert(to: "\(folder.path)/a/b") { done, count in
            #expect(count == 20)
            steps.withLock { $0.append(done) }
        }
        #expect(steps.withLock(\.self) == Array(0...20))
        #expect(try TemporaryFolder.names(of: "\(folder.path)/a/b").count == 5)
    }
}

extension JSONValue {
    /// Members by their keys, since their order says nothing.
    fileprivate var sorted: JSONValue {
        switch self {
        case .array(let values): return .array(values.map(\.sorted))
        case .object(let object):
            var sorted = JSONObject()
            for (key, value) in object.members.sorted(by: { $0.0 < $1.0 }) { sorted.set(key, value.sorted) }
            return .object(sorted)
        default: return self
        }
    }
}
