import HubCore
import HubInference

/// What the `tokenizers` library makes of difficult texts; written by Tests/Fixtures/make_tokenizers.py.
struct TokenizerCases: Decodable, Sendable {
    let texts: [String]
    let tokenizers: [String: Answers]

    struct Answers: Decodable, Sendable {
        let ids: [[Int32]]
        let decoded: [Decoded]
        let long: [Long]
    }

    struct Decoded: Decodable, Sendable {
        let ids: [Int32]
        let text: String

        init(from decoder: any Swift.Decoder) throws {
            var values = try decoder.unkeyedContainer()
            ids = try values.decode([Int32].self)
            text = try values.decode(String.self)
        }
    }

    /// `piece`, `times` over.
    struct Long: Decodable, Sendable {
        let piece: String
        let times: Int
        let count: Int
        let hash: String
    }

    static let all: Result<TokenizerCases, any Error> = Result {
        try Fixtures.decode(TokenizerCases.self, "tokenizers/cases.json")
    }

    static let names = [
        "gpt2", "gpt2-prefix", "gpt2-split", "gpt2-split-short", "llama3", "llama3-inverted", "qwen2", "smollm2",
        "digits-together", "gaps", "gaps-unknown", "gaps-fused", "gpt-neo-tiny",
    ]

    static func load(_ name: String) async throws -> Tokenizer {
        let path = name == "gpt-neo-tiny" ? "models/gpt-neo-tiny/tokenizer.json" : "tokenizers/\(name).json"
        return try await Tokenizer.load(BufferReader(try Fixtures.bytes(path)))
    }
}

/// FNV-1a, 64 bits, over the ids as little-endian 32-bit numbers.
func fnvHash(_ ids: [Int32]) -> UInt64 {
    ids.withUnsafeBytes { bytes in
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}
