import Foundation
package import HubCore
import HubTensors

/// A byte-level byte-pair tokenizer, as tokenizer.json describes it (Hugging Face tokenizers).
///
/// Gives exactly the ids of the `tokenizers` library, without what a post-processor would add around a text and
/// without cutting or padding it; what it cannot do exactly it refuses to load.
package struct Tokenizer: Sendable {
    package static let path = "tokenizer.json"

    let pipeline: Pipeline
    let pairs: BytePairs
    let words: [Int32: [UInt8]]

    /// What happens to a text before byte-pair encoding, in order.
    struct Pipeline: Sendable {
        /// Found in the text as it was written.
        var plainTokens = AddedTokens([])
        var normalizesToNFC = false
        /// Found in the normalised text.
        var normalizedTokens = AddedTokens([])
        var prefixesSpace = false
        var steps: [Step] = []
    }

    enum Step: Sendable {
        case pattern(TextPattern)
        case digits(individual: Bool)
    }

    /// Reads tokenizer.json; throws ``InferenceError`` for one that is broken or of another kind.
    package static func load(_ reader: any ByteReader, limit: Int = 128 << 20) async throws -> Tokenizer {
        guard reader.count <= limit else {
            throw InferenceError.tooLarge("\(path) has \(reader.count) bytes; this hub reads up to \(limit)")
        }
        do {
            return try Tokenizer(try JSONReader.parse(try await reader.read(0..<reader.count)))
        } catch let error as JSONError {
            throw InferenceError.invalid("the tokenizer cannot be read: \(error)", path: path)
        }
    }

    /// The tokens of a text; added tokens such as `<|endoftext|>` are recognised in it.
    package func encode(_ text: String) throws(InferenceError) -> [Int32] {
        var tokens: [Int32] = []
        let plain = Array(text.utf8)
        for part in pipeline.plainTokens.split(plain[...]) {
            switch part {
            case .token(let id): tokens.append(id)
            case .text(let range): try encode(normalized(plain[range]), into: &tokens)
            }
        }
        return tokens
    }

    /// The text of tokens; bytes that are no UTF-8 become U+FFFD, ids that are none become nothing.
    package func decode(_ tokens: [Int32]) -> String {
        String(decoding: tokens.flatMap { words[$0] ?? [] }, as: UTF8.self)
    }

    private func normalized(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        guard pipeline.normalizesToNFC, text.contains(where: { $0 >= 0x80 }) else { return text }
        return ArraySlice(String(decoding: text, as: UTF8.self).precomposedStringWithCanonicalMapping.utf8)
    }

    private func encode(_ text: ArraySlice<UInt8>, into tokens: inout [Int32]) throws(InferenceError) {
        for part in pipeline.normalizedTokens.split(text) {
            switch part {
            case .token(let id): tokens.append(id)
            case .text(let range): try encodePieces(text[range], into: &tokens)
            }
        }
    }

    private func encodePieces(_ text: ArraySlice<UInt8>, into tokens: inout [Int32]) throws(InferenceError) {
        let text = ScalarText(text, prefixedWithSpace: pipeline.prefixesSpace)
        var pieces = [0..<text.count]
        for step in pipeline.steps { pieces = pieces.flatMap { step.split(text, $0) } }
        var bytes: [UInt8] = []
        for piece in pieces {
            text.copy(piece, to: &bytes)
            guard pairs.encode(bytes, into: &tokens) else {
                throw .invalid("the vocabulary has no token for some byte", path: Self.path)
            }
        }
    }
}

extension Tokenizer.Step {
    fileprivate func split(_ text: ScalarText, _ range: Range<Int>) -> [Range<Int>] {
        switch self {
        case .pattern(let pattern): pattern.split(text, range)
        case .digits(let individual): Self.splitDigits(text, range, individual: individual)
        }
    }

    /// Sets numbers apart, together or each by itself.
    private static func splitDigits(_ text: ScalarText, _ range: Range<Int>, individual: Bool) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = range.lowerBound
        var wasNumber: Bool?
        for place in range {
            let isNumber = text.scalars[place].isNumber
            if place > start, isNumber != wasNumber || (isNumber && individual) {
                pieces.append(start..<place)
                start = place
            }
            wasNumber = isNumber
        }
        if start < range.upperBound { pieces.append(start..<range.upperBound) }
        return pieces
    }
}
