import Foundation
import HubCore
import HubInference
import Testing

@Suite("Models held against Transformers")
struct GoldenModelTests {
    /// Of the largest logit; the reference computes in f64, this engine in f32.
    private let tolerance = 1e-4

    @Test("Logits are the reference's, on every path of the kernels", arguments: GoldenModel.all, KernelPath.available)
    func logits(_ name: String, _ path: KernelPath) async throws {
        let golden = try GoldenModel.load(name)
        let decoder = try await decoder(name, path)
        let logits = try decoder.logits(golden.tokens)
        for (position, expected) in zip(golden.positions, golden.logits) {
            let scale = expected.reduce(0) { max($0, abs($1)) }
            #expect(logits[position].count == expected.count)
            let furthest = zip(logits[position], expected).map { abs(Double($0) - $1) }.max() ?? .infinity
            #expect(furthest <= tolerance * scale, "position \(position)")
        }
    }

    @Test("Losses of all tokens are the reference's, on every path", arguments: GoldenModel.all, KernelPath.available)
    func losses(_ name: String, _ path: KernelPath) async throws {
        let golden = try GoldenModel.load(name)
        let losses = try await decoder(name, path).losses(golden.tokens)
        #expect(losses.count == golden.losses.count)
        #expect(furthest(losses, golden.losses) <= 1e-3)
        #expect(abs(mean(losses) - mean(golden.losses)) <= 1e-5 * mean(golden.losses))
    }

    @Test(
        "The greedy continuation is the reference's, token by token", arguments: GoldenModel.all, KernelPath.available)
    func greedy(_ name: String, _ path: KernelPath) async throws {
        let golden = try GoldenModel.load(name)
        let prompt = Array(golden.tokens.prefix(GoldenModel.promptLength))
        let output = try await decoder(name, path).generate(after: prompt, count: golden.greedy.count)
        #expect(output == golden.greedy)
    }

    @Test("The divergence from another model is the reference's", arguments: GoldenModel.all, KernelPath.available)
    func divergence(_ name: String, _ path: KernelPath) async throws {
        let golden = try GoldenModel.load(name)
        let other = try await LanguageModel.load(try golden.other(of: name))
        var options = DecoderOptions()
        options.path = path
        let divergence = try await decoder(name, path).divergence(from: golden.tokens, to: try Decoder(other, options))
        #expect(divergence.perToken.count == golden.divergence.count)
        #expect(furthest(divergence.perToken, golden.divergence) <= 2e-4)
        #expect(abs(mean(divergence.perToken) - mean(golden.divergence)) <= 1e-4 * mean(golden.divergence))
        #expect(furthest(divergence.firstLosses, golden.losses) <= 1e-3)
        let losses = try Decoder(other, options).losses(golden.tokens)
        #expect(furthest(divergence.secondLosses, losses) <= 1e-4)
    }

    @Test("A model does not differ from itself", arguments: GoldenModel.all)
    func noDivergence(_ name: String) async throws {
        let golden = try GoldenModel.load(name)
        let model = try await LanguageModel.load(try Fixtures.model(name))
        let divergence = try Decoder(model).divergence(from: golden.tokens, to: try Decoder(model))
        #expect(divergence.perToken.allSatisfy { $0 == 0 })
        #expect(divergence.firstLosses == divergence.secondLosses)
    }

    @Test(
        "F32, BF16 and F16 files of the same values give the same losses, at any alignment",
        arguments: GoldenModel.tiny,
        TestCheckpoint.Storage.allCases)
    func storage(_ name: String, _ storage: TestCheckpoint.Storage) async throws {
        let golden = try GoldenModel.load(name)
        var files = try Fixtures.model(name)
        let checkpoint = try TestCheckpoint(try Fixtures.bytes("models/\(name)/model.safetensors"))
        let mapped = try Decoder(try await LanguageModel.load(files)).losses(golden.tokens)
        let folder = try ScratchFolder()
        for padding in [0, 1, 3] {
            let bytes = checkpoint.serialized(as: storage, padding: padding)
            files["model.safetensors"] = BufferReader(bytes)
            let read = try Decoder(try await LanguageModel.load(files)).losses(golden.tokens)
            #expect(furthest(read, mapped) <= 1e-4, "\(padding)")
            files["model.safetensors"] = try folder.map(bytes, as: "\(padding).safetensors")
            #expect(try Decoder(try await LanguageModel.load(files)).losses(golden.tokens) == read, "\(padding)")
        }
    }

    @Test("Results do not depend on the number of threads", arguments: GoldenModel.all)
    func threads(_ name: String) async throws {
        let golden = try GoldenModel.load(name)
        let model = try await LanguageModel.load(try Fixtures.model(name))
        func run(_ threads: Int) throws -> [Double] {
            var options = DecoderOptions()
            options.threads = threads
            return try Decoder(model, options).losses(golden.tokens)
        }
        let one = try run(1)
        #expect(try run(2) == one)
        #expect(try run(5) == one)
    }

    @Test("Any length gives the losses of the same tokens in a longer text", arguments: GoldenModel.tiny)
    func lengths(_ name: String) async throws {
        let golden = try GoldenModel.load(name)
        let decoder = try Decoder(try await LanguageModel.load(try Fixtures.model(name)))
        for length in [2, 3, 31, 32, 33, 64, 65, 74] {
            let losses = try decoder.losses(Array(golden.tokens.prefix(length)))
            #expect(losses.count == length - 1)
            #expect(furthest(losses, Array(golden.losses.prefix(length - 1))) <= 1e-3, "\(length)")
        }
        #expect(try decoder.losses([]).isEmpty)
        #expect(try decoder.losses([1]).isEmpty)
    }

    private func decoder(_ name: String, _ path: KernelPath) async throws -> Decoder {
        var options = DecoderOptions()
        options.path = path
        return try Decoder(try await LanguageModel.load(try Fixtures.model(name)), options)
    }
}

func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

/// The largest difference of two rows; NaN if there is one, infinite if their lengths differ.
func furthest(_ one: [Double], _ other: [Double]) -> Double {
    guard one.count == other.count else { return .infinity }
    return zip(one, other).map { abs($0 - $1) }.reduce(0) { $0.isNaN || $1.isNaN ? .nan : max($0, $1) }
}
