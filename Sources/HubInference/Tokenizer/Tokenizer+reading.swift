import Foundation
import HubCore
import HubTensors

extension Tokenizer {
    init(_ document: JSONValue) throws(InferenceError) {
        guard let model = document["model"], model.object != nil else {
            throw .invalid("'model' is missing", path: Self.path)
        }
        // Files from before there were other models do not name the kind.
        guard model["type"]?.string ?? "BPE" == "BPE" else {
            throw .unsupported(
                "a '\(model["type"]?.string?.prefix(100) ?? "")' tokenizer is not supported; only byte-level BPE is",
                path: Self.path)
        }
        try Self.checkOptions(model)
        let vocabulary = try Self.vocabulary(model)
        pairs = BytePairs(
            vocabulary: vocabulary.bytes, merges: try Self.merges(model, vocabulary.words),
            unknown: try Self.unknown(model, vocabulary.words), wholePieces: try Self.flag("ignore_merges", of: model))
        var pipeline = try Self.preTokenizer(document["pre_tokenizer"])
        pipeline.normalizesToNFC = try Self.isNFC(document["normalizer"])
        var words: [Int32: [UInt8]] = [:]
        for (word, id) in vocabulary.words { words[id] = ByteAlphabet.bytes(of: word.bytes) ?? word.bytes }
        let added = try Self.addedTokens(document, isNFC: pipeline.normalizesToNFC)
        for (token, _) in added where words[token.id] == nil {
            words[token.id] = ByteAlphabet.bytes(of: token.content) ?? token.content
        }
        pipeline.plainTokens = AddedTokens(added.filter { !$0.isNormalized }.map(\.token))
        pipeline.normalizedTokens = AddedTokens(added.filter(\.isNormalized).map(\.token))
        self.pipeline = pipeline
        self.words = words
    }

    // MARK: Before the model

    private static func isNFC(_ value: JSONValue?) throws(InferenceError) -> Bool {
        guard let value, !value.isNull else { return false }
        guard value["type"]?.string == "NFC" else {
            throw .unsupported(
                "the normalizer '\(value["type"]?.string?.prefix(100) ?? "")' is not supported", path: path)
        }
        return true
    }

    private static func preTokenizer(_ value: JSONValue?) throws(InferenceError) -> Pipeline {
        var pipeline = Pipeline()
        let isSequence = value?["type"]?.string == "Sequence"
        let parts = isSequence ? value?["pretokenizers"]?.array ?? [] : [value].compactMap(\.self)
        // Bytes become letters in ByteLevel; what came after it would see those.
        guard parts.last?["type"]?.string == "ByteLevel" else {
            throw .unsupported("a pre-tokenizer that does not end in ByteLevel is not supported", path: path)
        }
        for part in parts {
            switch part["type"]?.string {
            case "ByteLevel":
                let prefixes = try flag("add_prefix_space", of: part, default: true)
                guard parts.count == 1 || !prefixes else {
                    throw .unsupported("add_prefix_space after other pre-tokenizers is not supported", path: path)
                }
                pipeline.prefixesSpace = prefixes
                if try flag("use_regex", of: part, default: true) { pipeline.steps.append(.pattern(.gpt2)) }
            case "Digits": pipeline.steps.append(.digits(individual: try flag("individual_digits", of: part)))
            case "Split": pipeline.steps.append(.pattern(try split(part)))
            case let type:
                throw .unsupported("the pre-tokenizer '\(type?.prefix(100) ?? "")' is not supported", path: path)
            }
        }
        return pipeline
    }

    private static func split(_ value: JSONValue) throws(InferenceError) -> TextPattern {
        guard let pattern = value["pattern"]?["Regex"]?.string.flatMap(TextPattern.named) else {
            throw .unsupported("a Split with an unknown pattern is not supported", path: path)
        }
        // The known patterns match all of a text, so that to take matches out inverted is to keep them.
        switch (value["behavior"]?.string, try flag("invert", of: value)) {
        case ("Isolated", _), ("Removed", true): return pattern
        case (let behavior, _):
            throw .unsupported("a Split of behavior '\(behavior?.prefix(100) ?? "")' is not supported", path: path)
        }
    }

    private static func addedTokens(
        _ document: JSONValue,
        isNFC: Bool
    ) throws(InferenceError) -> [(token: AddedTokens.Token, isNormalized: Bool)] {
        var tokens: [(AddedTokens.Token, Bool)] = []
        for value in document["added_tokens"]?.array ?? [] {
            guard let content = value["content"]?.byteString, let number = value["id"]?.int,
                let id = Int32(exactly: number), id >= 0
            else { throw .invalid("'added_tokens' holds an entry without content or id", path: path) }
            let isNormalized = try flag("normalized", of: value)
            let bytes =
                isNFC && isNormalized ? Array(content.string.precomposedStringWithCanonicalMapping.utf8) : content.bytes
            let token = AddedTokens.Token(
                content: bytes, id: id, takesSpaceBefore: try flag("lstrip", of: value),
                takesSpaceAfter: try flag("rstrip", of: value), isWord: try flag("single_word", of: value))
            tokens.append((token, isNormalized))
        }
        return tokens
    }

    // MARK: The model

    private static func checkOptions(_ model: JSONValue) throws(InferenceError) {
        for option in ["continuing_subword_prefix", "end_of_word_suffix"] {
            if let value = model[option], !value.isNull, value.string != "" {
                throw .unsupported("the option '\(option)' is not supported", path: path)
            }
        }
        if let dropout = model["dropout"], !dropout.isNull, dropout.double != 0 {
            throw .unsupported("a tokenizer with dropout gives other tokens each time", path: path)
        }
        guard try !flag("byte_fallback", of: model) else {
            throw .unsupported("byte_fallback is not supported", path: path)
        }
    }

    private static func unknown(
        _ model: JSONValue,
        _ words: [ByteString: Int32]
    ) throws(InferenceError) -> BytePairs.Unknown {
        guard let name = model["unk_token"], !name.isNull else { return .leftOut }
        guard let id = name.byteString.flatMap({ words[$0] }) else { return .refused }
        return .token(id, fused: try flag("fuse_unk", of: model))
    }

    private static func vocabulary(
        _ model: JSONValue
    ) throws(InferenceError) -> (words: [ByteString: Int32], bytes: [[UInt8]: Int32]) {
        guard let entries = model["vocab"]?.object else { throw .invalid("'model.vocab' is missing", path: path) }
        var words: [ByteString: Int32] = [:]
        var bytes: [[UInt8]: Int32] = [:]
        for (word, value) in entries.members {
            guard let number = value.int, let id = Int32(exactly: number), id >= 0 else {
                throw .invalid("'model.vocab' gives '\(word.string.prefix(100))' an id that is none", path: path)
            }
            words[word] = id
            if let plain = ByteAlphabet.bytes(of: word.bytes) { bytes[plain] = id }
        }
        return (words, bytes)
    }

    private static func merges(
        _ model: JSONValue,
        _ words: [ByteString: Int32]
    ) throws(InferenceError) -> [(left: Int32, right: Int32, result: Int32)] {
        guard let list = model["merges"]?.array else { throw .invalid("'model.merges' is missing", path: path) }
        var merges: [(left: Int32, right: Int32, result: Int32)] = []
        merges.reserveCapacity(list.count)
        for (place, entry) in list.enumerated() {
            let parts: [[UInt8]]
            if let text = entry.byteString {
                parts = text.bytes.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
                    Array($0)
                }
            } else {
                parts = (entry.array ?? []).compactMap { $0.byteString?.bytes }
            }
            guard parts.count == 2, let left = words[ByteString(validated: parts[0])],
                let right = words[ByteString(validated: parts[1])],
                let result = words[ByteString(validated: parts[0] + parts[1])]
            else {
                throw .invalid("entry \(place) of 'model.merges' is no pair of words the vocabulary has", path: path)
            }
            merges.append((left, right, result))
        }
        return merges
    }

    private static func flag(
        _ key: String,
        of value: JSONValue,
        default standard: Bool = false
    ) throws(InferenceError) -> Bool {
        guard let found = value[key], !found.isNull else { return standard }
        guard let flag = found.bool else { throw .invalid("'\(key)' must be true or false", path: path) }
        return flag
    }
}
