import Foundation
import HubCore
import HubInference
import Testing

@Suite("tokenizer.json that is broken or of another kind")
struct TokenizerFileTests {
    private func load(_ text: String) async throws -> Tokenizer {
        try await Tokenizer.load(BufferReader(Array(text.utf8)))
    }

    /// A small whole file with one part replaced.
    private func file(
        vocab: String = #"{"a": 0, "b": 1, "ab": 2}"#,
        merges: String = #"[["a", "b"]]"#,
        options: String = "",
        pre: String = #"{"type": "ByteLevel", "add_prefix_space": false}"#,
        rest: String = ""
    ) -> String {
        #"{"pre_tokenizer": \#(pre), "model": {"type": "BPE", "vocab": \#(vocab), "merges": \#(merges)\#(options)}\#(rest)}"#
    }

    @Test("A small file of one's own is read, with or without the model's type")
    func whole() async throws {
        #expect(try await load(file()).encode("abba") == [2, 1, 0])
        #expect(try await load(file().replacing(#""type": "BPE", "#, with: "")).encode("abba") == [2, 1, 0])
    }

    @Test("A file cut short anywhere is refused as unreadable")
    func cutShort() async throws {
        let whole = Array(file().utf8)
        for count in whole.indices {
            await #expect(throws: InferenceError.self, "\(count) bytes") {
                try await Tokenizer.load(BufferReader(Array(whole[..<count])))
            }
        }
    }

    @Test(
        "What is broken is an error that says where",
        arguments: [
            ("[]", "'model' is missing"),
            (#"{"model": {"type": "BPE", "merges": []}}"#, "'model.vocab' is missing"),
            (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "gives 'a' an id that is none"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 99999999999}, "merges": []}}"#, "gives 'a' an id that is none"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 0.5}, "merges": []}}"#, "gives 'a' an id that is none"),
            (#"{"model": {"type": "BPE", "vocab": {}}}"#, "'model.merges' is missing"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#, "entry 0 of 'model.merges'"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a"]}}"#, "entry 0 of 'model.merges'"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [7]}}"#, "entry 0 of 'model.merges'"),
            (#"{"model": {"type": "BPE", "vocab": {"a": 0, "a": 1}, "merges": []}}"#, "cannot be read"),
            ("{\"model\": \"\u{0}\"}", "cannot be read"),
            (String(repeating: "[", count: 100_000), "cannot be read"),
        ])
    func broken(_ text: String, _ message: String) async throws {
        let error = await #expect(throws: InferenceError.self) { try await load(text) }
        #expect(error?.finding.severity == .error)
        #expect(error?.finding.path == "tokenizer.json")
        #expect(error?.description.contains(message) == true, "\(String(describing: error))")
    }

    @Test("An added token without an id, or a flag that is no flag, is an error")
    func brokenAddedTokens() async throws {
        let noID = file(rest: #", "added_tokens": [{"content": "<x>"}]"#)
        await #expect(throws: InferenceError.self) { try await load(noID) }
        let noFlag = file(rest: #", "added_tokens": [{"content": "<x>", "id": 5, "lstrip": "yes"}]"#)
        await #expect(throws: InferenceError.self) { try await load(noFlag) }
    }

    @Test(
        "What cannot be done exactly is refused, and is no fault of the model",
        arguments: [
            (#"{"type": "Whitespace"}"#, "", ""),
            (#"{"type": "Metaspace", "replacement": "▁"}"#, "", ""),
            (#"{"type": "Digits", "individual_digits": true}"#, "", ""),
            (#"{"type": "Sequence", "pretokenizers": []}"#, "", ""),
            (
                #"{"type": "Sequence", "pretokenizers": [{"type": "ByteLevel", "add_prefix_space": false}, {"type": "Digits"}]}"#,
                "", ""
            ),
            (
                #"{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Isolated", "invert": false}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}"#,
                "", ""
            ),
            ("null", "", ""),
            (#"{"type": "ByteLevel", "add_prefix_space": false}"#, #", "byte_fallback": true"#, ""),
            (#"{"type": "ByteLevel", "add_prefix_space": false}"#, #", "dropout": 0.1"#, ""),
            (#"{"type": "ByteLevel", "add_prefix_space": false}"#, #", "end_of_word_suffix": "</w>""#, ""),
            (#"{"type": "ByteLevel", "add_prefix_space": false}"#, #", "continuing_subword_prefix": "@@""#, ""),
            (#"{"type": "ByteLevel", "add_prefix_space": false}"#, "", #", "normalizer": {"type": "Lowercase"}"#),
        ])
    func unsupported(_ pre: String, _ options: String, _ rest: String) async throws {
        let error = await #expect(throws: InferenceError.self) {
            try await load(file(options: options, pre: pre, rest: rest))
        }
        #expect(error?.finding.severity == .note, "\(String(describing: error))")
        #expect(error?.description.contains("not supported") == true || error?.description.contains("dropout") == true)
    }

    @Test("A known pattern with one letter changed is not the known pattern")
    func changedPattern() async throws {
        let whole = String(decoding: try Fixtures.bytes("tokenizers/llama3.json"), as: UTF8.self)
        let changed = whole.replacing(#"\\p{N}{1,3}| ?"#, with: #"\\p{N}{1,3}|_?"#)
        #expect(changed != whole)
        await #expect(throws: InferenceError.self) { try await load(changed) }
    }

    @Test("Another kind of tokenizer is named in the refusal")
    func anotherKind() async throws {
        let error = await #expect(throws: InferenceError.self) {
            try await load(#"{"model": {"type": "Unigram", "vocab": []}}"#)
        }
        #expect(error?.description.contains("'Unigram'") == true)
        #expect(error?.finding.severity == .note)
    }

    @Test("A file over the limit is not read")
    func tooLarge() async throws {
        let reader = BufferReader([UInt8](repeating: 0x20, count: 1001))
        await #expect(throws: InferenceError.tooLarge("tokenizer.json has 1001 bytes; this hub reads up to 1000")) {
            try await Tokenizer.load(reader, limit: 1000)
        }
    }
}
