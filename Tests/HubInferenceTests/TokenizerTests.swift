import HubCore
import HubInference
import Testing

@Suite("Tokenizers held against the tokenizers library")
struct TokenizerTests {
    @Test("Every text becomes exactly the same ids", arguments: TokenizerCases.names)
    func ids(_ name: String) async throws {
        let cases = try TokenizerCases.all.get()
        let answers = try #require(cases.tokenizers[name])
        let tokenizer = try await TokenizerCases.load(name)
        #expect(answers.ids.count == cases.texts.count && cases.texts.count > 350)
        for (text, expected) in zip(cases.texts, answers.ids) {
            #expect(try tokenizer.encode(text) == expected, "\(text.debugDescription)")
        }
    }

    @Test("Ids in any order, cut through characters, become the same text", arguments: TokenizerCases.names)
    func decoding(_ name: String) async throws {
        let answers = try #require(try TokenizerCases.all.get().tokenizers[name])
        let tokenizer = try await TokenizerCases.load(name)
        #expect(answers.decoded.count > 100)
        for (ids, text) in answers.decoded.map({ ($0.ids, $0.text) }) {
            // Compared as bytes: strings that differ by normalisation alone are equal in Swift.
            #expect(Array(tokenizer.decode(ids).utf8) == Array(text.utf8), "\(ids)")
        }
    }

    @Test("A long run becomes the same ids", arguments: TokenizerCases.names)
    func longRuns(_ name: String) async throws {
        let answers = try #require(try TokenizerCases.all.get().tokenizers[name])
        let tokenizer = try await TokenizerCases.load(name)
        #expect(answers.long.count > 10)
        for long in answers.long {
            let ids = try tokenizer.encode(String(repeating: long.piece, count: long.times))
            #expect(ids.count == long.count, "\(long.piece.debugDescription)")
            #expect(String(fnvHash(ids)) == long.hash, "\(long.piece.debugDescription)")
        }
    }

    @Test(
        "What is encoded and decoded is the text again",
        arguments: ["gpt2-split", "llama3", "llama3-inverted", "smollm2", "digits-together", "gpt-neo-tiny"])
    func roundTrip(_ name: String) async throws {
        let cases = try TokenizerCases.all.get()
        let tokenizer = try await TokenizerCases.load(name)
        for text in cases.texts {
            #expect(Array(tokenizer.decode(try tokenizer.encode(text)).utf8) == Array(text.utf8))
        }
    }

    @Test("A million letters without a blank are one piece, and done at once")
    func millionLetters() async throws {
        let tokenizer = try await TokenizerCases.load("smollm2")
        let text = String(repeating: "thehubkeepsweights", count: 60_000)
        #expect(tokenizer.decode(try tokenizer.encode(text)) == text)
    }
}

@Suite("Unicode as the tokenizers library sees it")
struct UnicodeClassTests {
    private struct Classes: Decodable {
        let letter: [[UInt32]]
        let number: [[UInt32]]
        let space: [[UInt32]]
        let digit: [[UInt32]]
    }

    @Test("Every scalar is a letter, a number, a blank or another exactly where the library says so")
    func kinds() throws {
        let classes = try Fixtures.decode(Classes.self, "tokenizers/unicode.json")
        let scalars = (0...0x10FFFF).lazy.compactMap { Unicode.Scalar(UInt32($0)) }
        #expect(ranges(scalars.filter { ScalarText.Kind($0) == .letter }) == classes.letter)
        #expect(ranges(scalars.filter { ScalarText.Kind($0) == .number }) == classes.number)
        #expect(ranges(scalars.filter { ScalarText.Kind($0) == .space }) == classes.space)
        #expect(ranges(scalars.filter(\.isNumber)) == classes.digit)
    }

    private func ranges(_ scalars: some Sequence<Unicode.Scalar>) -> [[UInt32]] {
        var result: [[UInt32]] = []
        for scalar in scalars {
            // The code points before U+E000 are no scalars.
            if let last = result.last?[1], scalar.value == last + 1 || (last == 0xD7FF && scalar.value == 0xE000) {
                result[result.count - 1][1] = scalar.value
            } else {
                result.append([scalar.value, scalar.value])
            }
        }
        return result
    }
}
