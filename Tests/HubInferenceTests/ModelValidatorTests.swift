import HubCore
import HubInference
import HubTensors
import Testing

@Suite("The validator's verdict")
struct ModelValidatorTests {
    private let weights = "model.safetensors"
    private let validator = ModelValidator(threads: 2)

    private func validate(
        _ files: [String: any ByteReader], after parent: [String: any ByteReader]? = nil
    ) async throws -> ValidationReport {
        try await validator.validate(
            ModelRevision(id: "child", files: files),
            comparedWith: parent.map { ModelRevision(id: "parent", files: $0) })
    }

    /// The trained model with one tensor changed.
    private func changed(_ tensor: String, _ body: ([Float]) -> [Float]) throws -> [String: any ByteReader] {
        var files = try Fixtures.model("gpt-neo-tiny")
        var checkpoint = try TestCheckpoint(try Fixtures.bytes("models/gpt-neo-tiny/model.safetensors"))
        checkpoint.change(tensor, body)
        files[weights] = BufferReader(checkpoint.serialized(as: .bfloat16))
        return files
    }

    private func outcomes(_ report: ValidationReport) -> [String: ValidationReport.StageOutcome] {
        Dictionary(uniqueKeysWithValues: report.stages.map { ($0.name, $0.outcome) })
    }

    // MARK: Sound models

    @Test("A sound model passes every stage and says what it predicts", arguments: GoldenModel.trained)
    func sound(_ name: String) async throws {
        let report = try await validate(try Fixtures.model(name))
        #expect(report.verdict == .passed)
        #expect(report.findings.isEmpty)
        #expect(report.stages.map(\.name) == ["structure", "security", "numerics", "inference", "comparison"])
        #expect(report.stages.map(\.outcome) == [.passed, .passed, .passed, .passed, .skipped])
        let inference = try #require(report.inference)
        #expect(inference.architecture == "gpt_neo")
        #expect(inference.parameters == 1_086_720)
        #expect(inference.sample.count > 20)
        // The first window of the probe is what the golden losses are of.
        let golden = try GoldenModel.load(name)
        #expect(inference.probeTokens > golden.tokens.count)
        #expect((50...400).contains(inference.perplexity))
    }

    @Test("A fine-tune held against its base differs, in both directions, by what the golden values say")
    func comparison() async throws {
        let report = try await validate(
            try Fixtures.model("gpt-neo-tiny-ft-a"), after: try Fixtures.model("gpt-neo-tiny"))
        #expect(report.verdict == .passed)
        let comparison = try #require(report.comparison)
        #expect(comparison.parent == "parent")
        #expect(comparison.tensorsChanged > 0 && comparison.tensorsChanged <= comparison.tensorsTotal)
        #expect(comparison.tensorsAdded == 0 && comparison.tensorsRemoved == 0)
        #expect(try #require(comparison.logitKL) > 0.1)
        let alone = try await validate(try Fixtures.model("gpt-neo-tiny")).inference
        let before = try #require(comparison.perplexityBefore)
        #expect(abs(before - (try #require(alone).perplexity)) < 1e-4 * before)
        let after = try #require(comparison.perplexityAfter)
        #expect(abs(after - (try #require(report.inference).perplexity)) < 1e-4 * after)
    }

    @Test("A revision that changes no weight is compared without running the models again")
    func unchanged() async throws {
        let files = try Fixtures.model("gpt-neo-tiny")
        let comparison = try #require(try await validate(files, after: files).comparison)
        #expect(comparison.tensorsChanged == 0)
        #expect(comparison.logitKL == nil)
        #expect(comparison.perplexityAfter != nil)
    }

    @Test("Weights that are not on disk give the same report")
    func fromMemory() async throws {
        let mapped = try await validate(try Fixtures.model("gpt-neo-tiny"))
        var files = try Fixtures.model("gpt-neo-tiny")
        files[weights] = BufferReader(try Fixtures.bytes("models/gpt-neo-tiny/model.safetensors"))
        #expect(try await validate(files).inference?.perplexity == mapped.inference?.perplexity)
    }

    // MARK: Faults

    @Test("A NaN among the weights fails, naming file and tensor", arguments: [Float.nan, .infinity])
    func notANumber(_ value: Float) async throws {
        let tensor = "transformer.h.2.mlp.c_fc.weight"
        let report = try await validate(try changed(tensor) { $0.dropLast() + [value] })
        #expect(report.verdict == .failed)
        #expect(outcomes(report)["numerics"] == .failed)
        #expect(outcomes(report)["inference"] == .skipped)
        let finding = try #require(report.findings.first)
        #expect(finding.severity == .error && finding.path == weights && finding.tensor == tensor)
    }

    @Test("Finite weights that compute no number fail")
    func overflow() async throws {
        let report = try await validate(try changed("transformer.ln_f.weight") { $0.map { $0 * 0x1p125 } })
        #expect(outcomes(report)["numerics"] == .passed)
        #expect(outcomes(report)["inference"] == .failed)
        #expect(report.verdict == .failed)
        #expect(report.findings.contains { $0.message.contains("no number") })
    }

    @Test("A file cut short fails before anything is run")
    func truncated() async throws {
        var files = try Fixtures.model("gpt-neo-tiny")
        files[weights] = BufferReader(Array(try Fixtures.bytes("models/gpt-neo-tiny/model.safetensors").dropLast(100)))
        let report = try await validate(files)
        #expect(report.verdict == .failed)
        #expect(outcomes(report)["structure"] == .failed)
        #expect(outcomes(report)["inference"] == .skipped)
        #expect(report.findings.allSatisfy { $0.path == weights })
    }

    @Test("A tensor that config.json asks for and the file lacks fails, by its name")
    func missingTensor() async throws {
        var files = try Fixtures.model("gpt-neo-tiny")
        var checkpoint = try TestCheckpoint(try Fixtures.bytes("models/gpt-neo-tiny/model.safetensors"))
        checkpoint.tensors.removeAll { $0.name == "transformer.h.3.attn.attention.out_proj.bias" }
        files[weights] = BufferReader(checkpoint.serialized(as: .bfloat16))
        let report = try await validate(files)
        #expect(report.verdict == .failed)
        #expect(report.findings.contains { $0.tensor == "transformer.h.3.attn.attention.out_proj.bias" })
    }

    @Test("A tokenizer that is broken fails, and names the file")
    func brokenTokenizer() async throws {
        var files = try Fixtures.model("gpt-neo-tiny")
        files["tokenizer.json"] = BufferReader(Array(#"{"model": {"type": "BPE"}}"#.utf8))
        let report = try await validate(files)
        #expect(report.verdict == .failed)
        #expect(report.findings.map(\.path) == ["tokenizer.json"])
    }

    @Test("A parent whose checkpoint is broken is said to be so, and the verdict stands")
    func brokenParent() async throws {
        var parent = try Fixtures.model("gpt-neo-tiny")
        parent[weights] = BufferReader([1, 2, 3])
        let report = try await validate(try Fixtures.model("gpt-neo-tiny"), after: parent)
        #expect(report.verdict == .passed)
        #expect(report.comparison?.logitKL == nil)
        #expect(report.findings.map(\.severity) == [.note])
    }

    // MARK: What cannot be run

    @Test("An unknown architecture is named, and the other stages stand")
    func unknownArchitecture() async throws {
        var files = try Fixtures.model("gpt-neo-tiny")
        files["config.json"] = BufferReader(Array(#"{"model_type": "mamba9", "hidden_size": 1}"#.utf8))
        let report = try await validate(files)
        #expect(report.verdict == .passed)
        #expect(outcomes(report)["inference"] == .skipped)
        #expect(outcomes(report)["numerics"] == .passed)
        #expect(report.findings.map(\.severity) == [.note])
        #expect(report.findings.first?.message.contains("'mamba9'") == true)
        #expect(report.stages.first { $0.name == "inference" }?.summary.contains("llama") == true)
    }

    @Test("Weights without config.json, and models without a tokenizer, are not run and not blamed")
    func incomplete() async throws {
        var files = try Fixtures.model("gpt-neo-tiny")
        files["tokenizer.json"] = nil
        let noTokenizer = try await validate(files)
        #expect(noTokenizer.verdict == .passed)
        #expect(outcomes(noTokenizer)["inference"] == .skipped)
        files["config.json"] = nil
        let noConfiguration = try await validate(files)
        #expect(noConfiguration.verdict == .passed)
        #expect(outcomes(noConfiguration)["inference"] == .skipped)
    }

    @Test("A model larger than the hub runs is a warning that says both numbers")
    func tooLarge() async throws {
        let report = try await ModelValidator(threads: 1, maximumParameters: 1_000_000)
            .validate(ModelRevision(id: "child", files: try Fixtures.model("gpt-neo-tiny")), comparedWith: nil)
        #expect(report.verdict == .warned)
        #expect(report.findings.first?.message.contains("1086720") == true)
        #expect(report.findings.first?.message.contains("1000000") == true)
    }

    // MARK: Ends

    @Test("Time that has run out ends the run with a warning, not a pass")
    func timeLimit() async throws {
        let report = try await ModelValidator(threads: 1, timeLimit: .zero)
            .validate(ModelRevision(id: "child", files: try Fixtures.model("gpt-neo-tiny")), comparedWith: nil)
        #expect(report.verdict == .warned)
        #expect(report.stages.allSatisfy { $0.outcome == .warned })
    }

    @Test("A cancelled run throws instead of reporting")
    func cancelled() async throws {
        let files = try Fixtures.model("gpt-neo-tiny")
        let run = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await validator.validate(ModelRevision(id: "child", files: files), comparedWith: nil)
        }
        await #expect(throws: CancellationError.self) { try await run.value }
    }

    @Test("Cancelling the task stops a decoder that is at work")
    func cancelledDecoder() async throws {
        let model = try await LanguageModel.load(try Fixtures.model("gpt-neo-tiny"))
        let tokens = try GoldenModel.load("gpt-neo-tiny").tokens
        let interruption = Interruption()
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        let run = Task {
            try await interruption.run {
                continuation.yield()
                // Without an end of its own.
                while true { _ = try Decoder(model, DecoderOptions(), interruption).losses(tokens) }
            }
        }
        for await _ in started { break }
        run.cancel()
        await #expect(throws: CancellationError.self) { try await run.value }
    }
}
