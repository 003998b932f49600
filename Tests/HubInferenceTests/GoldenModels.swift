import HubCore

/// What Transformers makes of a model; written by Tests/Fixtures/make_tiny_models.py.
struct GoldenModel: Decodable, Sendable {
    let tokens: [Int32]
    let positions: [Int]
    /// Of every position in `positions`, over the vocabulary.
    let logits: [[Double]]
    /// -log p of every token but the first.
    let losses: [Double]
    /// What follows the first ``promptLength`` tokens.
    let greedy: [Int32]
    /// KL(model || other) after each token.
    let divergence: [Double]

    /// The other is a model of this name, or the same with a tensor scaled.
    let heldAgainst: String?
    let scaledTensor: String?
    let scaledBy: Float?

    static let promptLength = 20

    static let tiny = [
        "tiny-gpt2", "tiny-gpt-neo", "tiny-llama-untied", "tiny-llama-3", "tiny-llama-linear", "tiny-smollm2",
        "tiny-mistral", "tiny-qwen2", "tiny-qwen3",
    ]
    static let trained = ["gpt-neo-tiny", "gpt-neo-tiny-ft-a", "gpt-neo-tiny-ft-b"]
    static let all = tiny + trained

    static func load(_ name: String) throws -> GoldenModel {
        try Fixtures.decode(GoldenModel.self, "golden/\(name).json")
    }

    /// The files of the model that ``divergence`` is held against.
    func other(of name: String) throws -> [String: any ByteReader] {
        var files = try Fixtures.model(heldAgainst ?? name)
        guard let scaledTensor, let scaledBy else { return files }
        var checkpoint = try TestCheckpoint(try Fixtures.bytes("models/\(name)/model.safetensors"))
        checkpoint.change(scaledTensor) { $0.map { $0 * scaledBy } }
        files["model.safetensors"] = BufferReader(checkpoint.serialized(as: .float32))
        return files
    }
}
