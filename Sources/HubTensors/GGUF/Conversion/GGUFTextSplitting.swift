import HubCore

/// How a tokenizer cuts text before it merges bytes: what `tokenizer.ggml.pre` names.
struct GGUFTextSplitting: Sendable {
    /// The names in GGUF files.
    let names: Set<String>

    /// `pre_tokenizer` of tokenizer.json.
    let preTokenizer: JSONValue

    /// Whether text is brought to Unicode's composed form first.
    var composes = false

    /// Whether a piece that is a token is taken as it is, whatever the merges say.
    var takesWholePieces = false

    /// Whether the token for the beginning is set before a text when the file does not say.
    var addsBeginning = false

    static func named(_ name: String) throws(GGUFTokenizerFault) -> GGUFTextSplitting {
        guard let splitting = all.first(where: { $0.names.contains(name) }) else {
            let known = all.flatMap(\.names).sorted().joined(separator: ", ")
            throw GGUFTokenizerFault("its way of splitting text, '\(name)', is unknown; known are \(known)")
        }
        return splitting
    }

    /// One more way of splitting is one more of these.
    private static let all = [
        GGUFTextSplitting(names: ["gpt-2", "phi-2", "olmo"], preTokenizer: byteLevel(usesPattern: true)),
        GGUFTextSplitting(
            names: ["smollm", "starcoder"],
            preTokenizer: sequence(
                .object(["type": "Digits", "individual_digits": .bool(true)]), byteLevel(usesPattern: true))),
        GGUFTextSplitting(
            names: ["llama-bpe", "llama3", "llama-v3"],
            preTokenizer: sequence(pattern(digits: #"\p{N}{1,3}"#), byteLevel(usesPattern: false)),
            takesWholePieces: true,
            addsBeginning: true),
        GGUFTextSplitting(
            names: ["qwen2"],
            preTokenizer: sequence(pattern(digits: #"\p{N}"#), byteLevel(usesPattern: false)),
            composes: true),
    ]

    private static func byteLevel(usesPattern: Bool) -> JSONValue {
        .object([
            "type": "ByteLevel", "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
            "use_regex": .bool(usesPattern),
        ])
    }

    private static func sequence(_ parts: JSONValue...) -> JSONValue {
        .object(["type": "Sequence", "pretokenizers": .array(parts)])
    }

    /// The pattern of Llama 3 and Qwen2, which differ in how digits are grouped.
    private static func pattern(digits: String) -> JSONValue {
        let regex =
            #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"# + digits
            + #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#
        return .object([
            "type": "Split", "pattern": .object(["Regex": .string(ByteString(regex))]), "behavior": "Isolated",
            "invert": .bool(false),
        ])
    }
}
