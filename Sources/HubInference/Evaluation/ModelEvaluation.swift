import Foundation
package import HubCore

/// What an evaluation may cost.
package struct EvaluationOptions: Sendable {
    package var threads: Int

    /// Models with more parameters are not run.
    package var maximumParameters: Int

    /// Ends the evaluation early.
    package var interruption: Interruption

    package init(threads: Int, maximumParameters: Int, interruption: Interruption) {
        self.threads = threads
        self.maximumParameters = maximumParameters
        self.interruption = interruption
    }
}

/// What a model made of the probe text.
package struct EvaluationResult: Sendable {
    package let architecture: String
    package let parameters: Int

    /// exp(mean of -log p) over the probe's tokens, each window's first left out.
    package let perplexity: Double
    package let probeTokens: Int

    /// The greedy continuation of ``samplePrompt``.
    package let sample: String
    package let samplePrompt: String
}

/// How two models differ on the probe text.
package struct ModelComparison: Sendable {
    /// Mean over positions of KL(parent ‖ child), in nats.
    package let meanKL: Double
    package let parentPerplexity: Double
    package let childPerplexity: Double
}

/// Runs models on the bundled probe text.
package enum ModelEvaluation {
    static let samplePrompt = "The license of this program"
    private static let sampleLength = 24

    /// Loads and runs a model; throws ``InferenceError`` when it cannot be run, and when what it computes is no number.
    package static func run(
        _ files: [String: any ByteReader],
        _ options: EvaluationOptions
    ) async throws -> EvaluationResult {
        let (model, tokenizer) = try await load(files, options)
        let windows = try windows(of: model, tokenizer)
        let prompt = try tokenizer.encode(samplePrompt)
        let (losses, sample) = try await options.interruption.run {
            let decoder = try makeDecoder(model, options)
            let losses = try windows.flatMap { try decoder.losses($0) }
            guard losses.allSatisfy(\.isFinite) else {
                throw InferenceError.invalid(
                    "what the model predicts of the probe text is no number", path: Configuration.path)
            }
            return (losses, try decoder.generate(after: prompt, count: sampleLength))
        }
        return EvaluationResult(
            architecture: model.architecture.modelType, parameters: model.parameters, perplexity: perplexity(losses),
            probeTokens: windows.reduce(0) { $0 + $1.count }, sample: tokenizer.decode(sample),
            samplePrompt: samplePrompt)
    }

    /// Holds a model's predictions against its parent's.
    package static func compare(
        parent: [String: any ByteReader],
        child: [String: any ByteReader],
        _ options: EvaluationOptions
    ) async throws -> ModelComparison {
        let (before, oldTokenizer) = try await load(parent, options)
        let (after, newTokenizer) = try await load(child, options)
        let windows = try windows(of: before, oldTokenizer)
        guard try self.windows(of: after, newTokenizer) == windows else {
            throw InferenceError.notComparable("the tokenizers cut the probe text differently")
        }
        let parts = try await options.interruption.run {
            let first = try makeDecoder(before, options)
            let second = try makeDecoder(after, options)
            return try windows.map { try first.divergence(from: $0, to: second) }
        }
        let drift = parts.flatMap(\.perToken)
        guard drift.allSatisfy(\.isFinite) else {
            throw InferenceError.notComparable("what one of the models predicts of the probe text is no number")
        }
        return ModelComparison(
            meanKL: drift.isEmpty ? 0 : drift.reduce(0, +) / Double(drift.count),
            parentPerplexity: perplexity(parts.flatMap(\.firstLosses)),
            childPerplexity: perplexity(parts.flatMap(\.secondLosses)))
    }

    private static func load(
        _ files: [String: any ByteReader],
        _ options: EvaluationOptions
    ) async throws -> (LanguageModel, Tokenizer) {
        let model = try await LanguageModel.load(files)
        guard model.parameters <= options.maximumParameters else {
            throw InferenceError.tooLarge(
                "the model has \(model.parameters) parameters; this hub runs models up to \(options.maximumParameters)")
        }
        guard let file = files[Tokenizer.path] else {
            throw InferenceError.unsupported(
                "there is no \(Tokenizer.path), so that no text can be run through the model", path: Configuration.path)
        }
        return (model, try await Tokenizer.load(file))
    }

    private static func makeDecoder(_ model: LanguageModel, _ options: EvaluationOptions) throws -> Decoder {
        var decoderOptions = DecoderOptions()
        decoderOptions.threads = options.threads
        return try Decoder(model, decoderOptions, options.interruption)
    }

    /// The probe's tokens in windows the model has positions for.
    private static func windows(of model: LanguageModel, _ tokenizer: Tokenizer) throws -> [[Int32]] {
        let tokens = try tokenizer.encode(probe)
        guard let largest = tokens.max(), Int(largest) < model.shape.vocabulary else {
            throw InferenceError.invalid(
                "the tokenizer gives ids the model has no embedding for", path: Tokenizer.path)
        }
        let length = max(2, min(DecoderOptions().window, model.shape.positions))
        return stride(from: 0, to: tokens.count, by: length).map { Array(tokens[$0..<min($0 + length, tokens.count)]) }
            .filter { $0.count > 1 }
    }

    /// exp(mean loss); what is too large for a number becomes the largest, for reports hold no infinity.
    private static func perplexity(_ losses: [Double]) -> Double {
        losses.isEmpty ? 0 : min(exp(losses.reduce(0, +) / Double(losses.count)), .greatestFiniteMagnitude)
    }

    private static var probe: String { String(decoding: PackageResources.probe_txt, as: UTF8.self) }
}
