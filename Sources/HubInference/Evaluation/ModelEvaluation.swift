import Foundation
package import HubCore

/// What an evaluation may cost.
package struct EvaluationOptions: Sendable {
    package var threads: Int

    /// Models with more parameters are not run.
    package var maximumParameters: Int
    package var timeLimit: Duration

    package init(threads: Int, maximumParameters: Int, timeLimit: Duration) {
        self.threads = threads
        self.maximumParameters = maximumParameters
        self.timeLimit = timeLimit
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

    /// Loads and runs a model; throws ``InferenceError`` when it cannot be run.
    package static func run(
        _ files: [String: any ByteReader],
        _ options: EvaluationOptions
    ) async throws -> EvaluationResult {
        let (model, tokenizer) = try await load(files, options)
        let windows = try windows(of: model, tokenizer)
        let decoder = try makeDecoder(model, options)
        let losses = try windows.flatMap { try decoder.losses($0) }
        let prompt = try tokenizer.encode(samplePrompt)
        let sample = try decoder.generate(after: prompt, count: sampleLength)
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
        let first = try makeDecoder(before, options)
        let second = try makeDecoder(after, options)
        let parts = try windows.map { try first.divergence(from: $0, to: second) }
        let drift = parts.flatMap(\.perToken)
        return ModelComparison(
            meanKL: drift.isEmpty ? 0 : drift.reduce(0, +) / Double(drift.count),
            parentPerplexity: perplexity(parts.flatMap(\.firstLosses)),
            childPerplexity: perplexity(parts.flatMap(\.secondLosses)))
    }

    private static func load(
        _ files: [String: any ByteReader],
        _ options: EvaluationOptions
    ) async throws -> (LanguageModel, Tokenizer) {
        guard let file = files[Tokenizer.path] else { throw InferenceError.missingFile(Tokenizer.path) }
        let model = try await LanguageModel.load(files)
        guard model.parameters <= options.maximumParameters else {
            throw InferenceError.tooLarge(
                "the model has \(model.parameters) parameters; this hub runs models up to \(options.maximumParameters)")
        }
        return (model, try await Tokenizer.load(file))
    }

    private static func makeDecoder(_ model: LanguageModel, _ options: EvaluationOptions) throws -> Decoder {
        var decoderOptions = DecoderOptions()
        decoderOptions.threads = options.threads
        return try Decoder(model, decoderOptions, Interruption(after: options.timeLimit))
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

    private static func perplexity(_ losses: [Double]) -> Double {
        losses.isEmpty ? 0 : exp(losses.reduce(0, +) / Double(losses.count))
    }

    private static var probe: String { String(decoding: PackageResources.probe_txt, as: UTF8.self) }
}
