import HubCore

/// Why a tokenizer cannot be converted.
struct GGUFTokenizerFault: Error {
    let sentence: String

    init(_ sentence: String) { self.sentence = sentence }
}

/// The tokens and merges of a byte-level BPE tokenizer in a GGUF file's metadata.
struct GGUFVocabulary {
    struct AddedToken {
        let id: Int
        let content: ByteString

        /// Left out when text is decoded without special tokens.
        let isSpecial: Bool
    }

    /// By their ids, without those that only fill a gap.
    let tokens: [(id: Int, token: ByteString)]
    let tokenByID: [Int: ByteString]

    /// Each two tokens with a space between, the first the most wanted.
    let merges: [ByteString]

    /// Tokens that are found in text before it is split.
    let addedTokens: [AddedToken]
    let splitting: GGUFTextSplitting

    private let file: GGUFFile

    /// The kinds of `tokenizer.ggml.token_type`.
    private enum Kind {
        static let unknown = 2
        static let control = 3
        static let userDefined = 4
        static let unused = 5
    }

    init(_ file: GGUFFile) throws(GGUFTokenizerFault) {
        let model = file["tokenizer.ggml.model"]?.string ?? "none"
        guard model == "gpt2" else {
            throw GGUFTokenizerFault("its model is '\(model)'; only byte-level BPE, 'gpt2', is known")
        }
        splitting = try GGUFTextSplitting.named(file["tokenizer.ggml.pre"]?.string ?? "missing")
        guard let texts = file["tokenizer.ggml.tokens"]?.texts else {
            throw GGUFTokenizerFault("'tokenizer.ggml.tokens' is missing")
        }
        let kinds = file["tokenizer.ggml.token_type"]?.ints
        self.file = file
        var tokens: [(id: Int, token: ByteString)] = []
        var added: [AddedToken] = []
        var known: Set<ByteString> = []
        for (id, text) in texts.enumerated() {
            let kind = kinds?[id] ?? 1
            guard kind != Kind.unused else { continue }
            guard String(validating: text, as: UTF8.self) != nil else {
                throw GGUFTokenizerFault("token \(id) is not UTF-8")
            }
            let token = ByteString(validated: text)
            guard known.insert(token).inserted else {
                throw GGUFTokenizerFault("token \(id), '\(token)', stands twice in the vocabulary")
            }
            tokens.append((id, token))
            if [Kind.unknown, Kind.control, Kind.userDefined].contains(kind), !text.isEmpty {
                added.append(AddedToken(id: id, content: token, isSpecial: kind != Kind.userDefined))
            }
        }
        self.tokens = tokens
        addedTokens = added
        tokenByID = Dictionary(uniqueKeysWithValues: tokens.map { ($0.id, $0.token) })
        merges = try Self.merges(file, known)
    }

    /// Every merge is of two tokens that make a third; a library that reads the result insists.
    private static func merges(
        _ file: GGUFFile,
        _ known: Set<ByteString>
    ) throws(GGUFTokenizerFault) -> [ByteString] {
        guard let texts = file["tokenizer.ggml.merges"]?.texts else {
            throw GGUFTokenizerFault("'tokenizer.ggml.merges' is missing")
        }
        for (rank, text) in texts.enumerated() {
            let parts = text.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map { Array($0) }
            guard parts.count == 2,
                [parts[0], parts[1], parts[0] + parts[1]].allSatisfy({ known.contains(ByteString(validated: $0)) })
            else { throw GGUFTokenizerFault("merge \(rank) is not of two tokens that make a third") }
        }
        return texts.map(ByteString.init(validated:))
    }

    /// The token that `tokenizer.ggml.<role>_token_id` names.
    func id(of role: String) -> Int? {
        file["tokenizer.ggml.\(role)_token_id"]?.int.flatMap { tokenByID[$0] == nil ? nil : $0 }
    }

    var addsBeginning: Bool { file["tokenizer.ggml.add_bos_token"]?.bool ?? splitting.addsBeginning }

    var addsEnd: Bool { file["tokenizer.ggml.add_eos_token"]?.bool ?? false }
}
