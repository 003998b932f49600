import HubCore

/// What the metadata of a GGUF file say of the model's shape, in the terms of its architecture.
struct GGUFModel {
    let file: GGUFFile

    /// Rows of the token embedding.
    let vocabulary: Int
    let hidden: Int
    let layers: Int
    let heads: Int
    let keyValueHeads: Int
    let headSize: Int
    let feedForward: Int
    let positions: Int

    /// Whether the head is the embedding: it is absent, or a copy byte by byte.
    let isTied: Bool

    /// How `rope_freqs.weight` is said in a configuration; nil without it.
    let ropeScaling: JSONObject?

    /// Tensors that say nothing the configuration does not.
    let spareTensors: Set<String>

    private let tensors: [String: GGUFTensor]

    init(_ file: GGUFFile) async throws {
        let keys = GGUFKeys(file)
        self.file = file
        tensors = Dictionary(file.tensors.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        guard let embedding = tensors["token_embd.weight"], embedding.shape.count == 2 else {
            throw keys.refusal("the matrix 'token_embd.weight' is missing")
        }
        vocabulary = embedding.shape[0]
        hidden = try keys.int("embedding_length", in: 1...1 << 20)
        layers = try keys.int("block_count", in: 1...10_000)
        heads = try keys.int("attention.head_count", in: 1...65_536)
        keyValueHeads = try keys.optionalInt("attention.head_count_kv", in: 1...heads) ?? heads
        feedForward = try keys.int("feed_forward_length", in: 1...1 << 24)
        positions = try keys.int("context_length", in: 1...1 << 30)
        if let stated = try keys.optionalInt("attention.key_length", in: 2...4096) {
            headSize = stated
        } else {
            guard hidden.isMultiple(of: heads) else {
                throw keys.refusal("the width \(hidden) is no multiple of the \(heads) heads")
            }
            headSize = hidden / heads
        }
        guard try keys.optionalInt("attention.value_length", in: 1...4096) ?? headSize == headSize else {
            throw keys.refusal("heads whose values have another size than their keys cannot be converted")
        }
        guard try keys.optionalInt("expert_count", in: 0...65_536) ?? 0 == 0 else {
            throw keys.refusal("mixtures of experts cannot be converted")
        }
        var spare: Set<String> = []
        if let head = tensors["output.weight"] {
            isTied = try await Self.sameBytes(head, embedding, file.reader)
            if isTied { spare.insert(head.name) }
        } else {
            isTied = true
        }
        if let factors = tensors["rope_freqs.weight"] {
            spare.insert(factors.name)
            guard factors.type == .f32, factors.elementCount == headSize / 2 else {
                throw keys.refusal("'rope_freqs.weight' is no vector of \(headSize / 2) F32")
            }
            let values = try factors.type.widen(try await file.reader.read(factors.range))
            ropeScaling = try GGUFRopeScaling.llama3(values, headSize: headSize, keys)
        } else {
            ropeScaling = try GGUFRopeScaling.linear(keys)
        }
        spareTensors = spare
    }

    var keys: GGUFKeys { GGUFKeys(file) }

    /// Whether the first layer has the tensor `blk.0.…`.
    func hasLayerTensor(_ name: String) -> Bool { tensors["blk.0.\(name)"] != nil }

    private static func sameBytes(_ one: GGUFTensor, _ other: GGUFTensor, _ reader: any ByteReader) async throws -> Bool
    {
        guard one.type == other.type, one.shape == other.shape else { return false }
        return try await Tensor.sameBytes(reader, one.range, reader, other.range)
    }
}
