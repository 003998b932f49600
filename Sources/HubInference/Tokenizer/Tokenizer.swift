package import HubCore
import HubTensors

/// A byte-level byte-pair tokenizer, as tokenizer.json describes it (Hugging Face tokenizers).
///
/// Gives exactly the ids of the `tokenizers` library, without what a post-processor would add around a text; what it
/// cannot do exactly it refuses to load.
package struct Tokenizer: Sendable {
    package static let path = "tokenizer.json"

    private let added: [(bytes: [UInt8], id: Int32)]
    private let steps: [Step]
    private let pairs: BytePairs
    private let words: [Int32: [UInt8]]

    fileprivate enum Step: Sendable {
        case pattern(TextPattern)
        case digits(individual: Bool)
    }

    /// Reads tokenizer.json; throws ``InferenceError`` for one that is broken or of another kind.
    package static func load(_ reader: any ByteReader, limit: Int = 128 << 20) async throws -> Tokenizer {
        guard reader.count <= limit else { throw InferenceError.tooLarge("\(path) has \(reader.count) bytes") }
        do {
            return try Tokenizer(try JSONReader.parse(try await reader.read(0..<reader.count)))
        } catch let error as JSONError {
            throw InferenceError.invalid("\(error)", path: path)
        }
    }

    private init(_ document: JSONValue) throws(InferenceError) {
        guard let model = document["model"], model["type"]?.string == "BPE" else {
            throw .unsupported("only byte-level BPE tokenizers are run", path: Self.path)
        }
        if let normalizer = document["normalizer"], !normalizer.isNull {
            throw .unsupported("the normalizer '\(normalizer["type"]?.string ?? "")' is not supported", path: Self.path)
        }
        steps = try Self.steps(document["pre_tokenizer"])
        let vocabulary = try Self.vocabulary(model)
        pairs = BytePairs(
            vocabulary: vocabulary.bytes, merges: try Self.merges(model, vocabulary.words),
            wholePieces: model["ignore_merges"]?.bool ?? false)
        added = Self.addedTokens(document)
        var words: [Int32: [UInt8]] = [:]
        for (bytes, id) in vocabulary.bytes { words[id] = bytes }
        for token in added { words[token.id] = token.bytes }
        self.words = words
    }

    /// The tokens of a text; added tokens such as `<|endoftext|>` are recognised in it.
    package func encode(_ text: String) throws(InferenceError) -> [Int32] {
        var tokens: [Int32] = []
        let bytes = Array(text.utf8)
        var start = 0
        var place = 0
        while place < bytes.count {
            guard let match = addedToken(bytes, place) else {
                place += 1
                continue
            }
            try encode(bytes[start..<place], into: &tokens)
            tokens.append(match.id)
            place += match.bytes.count
            start = place
        }
        try encode(bytes[start...], into: &tokens)
        return tokens
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD.
    package func decode(_ tokens: [Int32]) -> String {
        String(decoding: tokens.flatMap { words[$0] ?? [] }, as: UTF8.self)
    }

    /// The longest added token at a place.
    private func addedToken(_ bytes: [UInt8], _ place: Int) -> (bytes: [UInt8], id: Int32)? {
        added.first { token in
            token.bytes.count <= bytes.count - place && bytes[place] == token.bytes[0]
                && bytes[place..<place + token.bytes.count].elementsEqual(token.bytes)
        }
    }

    private func encode(_ bytes: ArraySlice<UInt8>, into tokens: inout [Int32]) throws(InferenceError) {
        guard !bytes.isEmpty else { return }
        var pieces = [Array(String(decoding: bytes, as: UTF8.self).unicodeScalars)]
        for step in steps { pieces = pieces.flatMap { step.split($0) } }
        for piece in pieces {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: piece)
            guard pairs.encode(Array(String(view).utf8), into: &tokens) else {
                throw .invalid("the vocabulary has no token for some byte", path: Self.path)
            }
        }
    }
}

extension Tokenizer.Step {
    fileprivate func split(_ text: [Unicode.Scalar]) -> [[Unicode.Scalar]] {
        switch self {
        case .pattern(let pattern): pattern.split(text).map { Array(text[$0]) }
        case .digits(let individual): Self.splitDigits(text, individual: individual)
        }
    }

    /// Sets numbers apart, together or each by itself.
    private static func splitDigits(_ text: [Unicode.Scalar], individual: Bool) -> [[Unicode.Scalar]] {
        var pieces: [[Unicode.Scalar]] = []
        var wasNumber: Bool?
        for scalar in text {
            let isNumber = scalar.properties.numericType != nil && scalar.properties.generalCategory.isNumber
            if isNumber == wasNumber, !(isNumber && individual), !pieces.isEmpty {
                pieces[pieces.count - 1].append(scalar)
            } else {
                pieces.append([scalar])
            }
            wasNumber = isNumber
        }
        return pieces
    }
}

extension Unicode.GeneralCategory {
    fileprivate var isNumber: Bool { self == .decimalNumber || self == .letterNumber || self == .otherNumber }
}

// MARK: Reading tokenizer.json

extension Tokenizer {
    private static func steps(_ value: JSONValue?) throws(InferenceError) -> [Step] {
        guard let value, let type = value["type"]?.string else {
            throw .unsupported("there is no byte-level pre-tokenizer", path: path)
        }
        switch type {
        case "Sequence":
            var steps: [Step] = []
            for part in value["pretokenizers"]?.array ?? [] { steps += try self.steps(part) }
            return steps
        case "ByteLevel":
            guard value["add_prefix_space"]?.bool != true else {
                throw .unsupported("add_prefix_space is not supported", path: path)
            }
            return value["use_regex"]?.bool ?? true ? [.pattern(.gpt2)] : []
        case "Digits": return [.digits(individual: value["individual_digits"]?.bool ?? false)]
        case "Split":
            guard let pattern = value["pattern"]?["Regex"]?.string.flatMap(TextPattern.named) else {
                throw .unsupported("a Split with an unknown pattern is not supported", path: path)
            }
            return [.pattern(pattern)]
        default: throw .unsupported("the pre-tokenizer '\(type)' is not supported", path: path)
        }
    }

    private static func vocabulary(
        _ model: JSONValue
    ) throws(InferenceError) -> (words: [ByteString: Int32], bytes: [[UInt8]: Int32]) {
        guard let entries = model["vocab"]?.object else { throw .invalid("model.vocab is missing", path: path) }
        var words: [ByteString: Int32] = [:]
        var bytes: [[UInt8]: Int32] = [:]
        for (word, value) in entries.members {
            guard let number = value.int, let id = Int32(exactly: number), id >= 0 else {
                throw .invalid("model.vocab holds an id that is none", path: path)
            }
            words[word] = id
            if let plain = ByteAlphabet.bytes(of: Array(word.bytes)) { bytes[plain] = id }
        }
        return (words, bytes)
    }

    private static func merges(
        _ model: JSONValue,
        _ words: [ByteString: Int32]
    ) throws(InferenceError) -> [(left: Int32, right: Int32, result: Int32)] {
        var merges: [(left: Int32, right: Int32, result: Int32)] = []
        for entry in model["merges"]?.array ?? [] {
            let parts: [[UInt8]]
            if let text = entry.byteString {
                parts = text.bytes.split(separator: UInt8(ascii: " ")).map { Array($0) }
            } else {
                parts = (entry.array ?? []).compactMap { $0.byteString.map { Array($0.bytes) } }
            }
            guard parts.count == 2, let left = words[ByteString(validated: parts[0])],
                let right = words[ByteString(validated: parts[1])],
                let result = words[ByteString(validated: parts[0] + parts[1])]
            else { throw .invalid("model.merges speaks of words the vocabulary does not have", path: path) }
            merges.append((left, right, result))
        }
        return merges
    }

    /// The longest first, so that the first match is the longest.
    private static func addedTokens(_ document: JSONValue) -> [(bytes: [UInt8], id: Int32)] {
        (document["added_tokens"]?.array ?? []).compactMap { token in
            guard let content = token["content"]?.byteString, !content.bytes.isEmpty,
                let id = token["id"]?.int.flatMap({ Int32(exactly: $0) })
            else { return nil }
            return (Array(content.bytes), id)
        }.sorted { $0.0.count > $1.0.count }
    }
}
