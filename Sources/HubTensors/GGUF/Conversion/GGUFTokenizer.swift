import HubCore

/// The tokenizer of a GGUF file as the files of Hugging Face's tokenizers say it.
struct GGUFTokenizer {
    /// tokenizer.json.
    let pipeline: JSONValue

    /// tokenizer_config.json.
    let configuration: JSONValue

    /// `bos_token_id` and its like, for the model's configuration.
    let ids: [(key: ByteString, id: Int)]

    /// Reads a byte-level BPE tokenizer; nil, and warnings that say why, for one that is broken or of another kind.
    static func read(_ file: GGUFFile) -> (tokenizer: GGUFTokenizer?, findings: [Finding]) {
        do {
            let vocabulary = try GGUFVocabulary(file)
            return (GGUFTokenizer(vocabulary, file), [])
        } catch {
            return (nil, [Finding(.warning, "the tokenizer is not converted: \(error.sentence)", in: file.path)])
        }
    }

    private init(_ vocabulary: GGUFVocabulary, _ file: GGUFFile) {
        ids = Self.roles.filter { $0.key != "unknown" }.compactMap { role in
            vocabulary.id(of: role.key).map { (ByteString("\(role.name)_token_id"), $0) }
        }
        pipeline = Self.pipeline(vocabulary)
        configuration = Self.configuration(vocabulary, file)
    }

    /// Special tokens by their key in GGUF and their name in Transformers.
    private static let roles = [
        (key: "bos", name: "bos"), (key: "eos", name: "eos"), (key: "unknown", name: "unk"),
        (key: "padding", name: "pad"),
    ]

    private static func pipeline(_ vocabulary: GGUFVocabulary) -> JSONValue {
        let byteLevel: JSONObject = [
            "type": "ByteLevel", "add_prefix_space": .bool(false), "trim_offsets": .bool(true),
            "use_regex": .bool(true),
        ]
        var words = JSONObject()
        for (id, token) in vocabulary.tokens { words.set(token, .integer(id)) }
        let model: JSONObject = [
            "type": "BPE", "dropout": .null, "unk_token": .null, "continuing_subword_prefix": .null,
            "end_of_word_suffix": .null, "fuse_unk": .bool(false), "byte_fallback": .bool(false),
            "ignore_merges": .bool(vocabulary.splitting.takesWholePieces), "vocab": .object(words),
            "merges": .array(vocabulary.merges.map { .string($0) }),
        ]
        return .object([
            "version": "1.0", "truncation": .null, "padding": .null,
            "added_tokens": .array(vocabulary.addedTokens.map(addedToken)),
            "normalizer": vocabulary.splitting.composes ? .object(["type": "NFC"]) : .null,
            "pre_tokenizer": vocabulary.splitting.preTokenizer,
            "post_processor": template(vocabulary) ?? .object(byteLevel),
            "decoder": .object(byteLevel),
            "model": .object(model),
        ])
    }

    private static func addedToken(_ token: GGUFVocabulary.AddedToken) -> JSONValue {
        .object([
            "id": .integer(token.id), "content": .string(token.content), "single_word": .bool(false),
            "lstrip": .bool(false), "rstrip": .bool(false), "normalized": .bool(false),
            "special": .bool(token.isSpecial),
        ])
    }

    /// Sets the tokens around a text; nil when there are none.
    private static func template(_ vocabulary: GGUFVocabulary) -> JSONValue? {
        let before = vocabulary.addsBeginning ? vocabulary.id(of: "bos") : nil
        let after = vocabulary.addsEnd ? vocabulary.id(of: "eos") : nil
        guard before != nil || after != nil else { return nil }
        var tokens = JSONObject()
        func special(_ id: Int?, _ type: Int) -> [JSONValue] {
            guard let id, let content = vocabulary.tokenByID[id] else { return [] }
            tokens.set(
                content,
                .object([
                    "id": .string(content), "ids": .array([.integer(id)]), "tokens": .array([.string(content)]),
                ]))
            return [.object(["SpecialToken": .object(["id": .string(content), "type_id": .integer(type)])])]
        }
        func text(_ name: JSONValue, _ type: Int) -> [JSONValue] {
            special(before, type)
                + [.object(["Sequence": .object(["id": name, "type_id": .integer(type)])])]
                + special(after, type)
        }
        return .object([
            "type": "TemplateProcessing", "single": .array(text("A", 0)), "pair": .array(text("A", 0) + text("B", 1)),
            "special_tokens": .object(tokens),
        ])
    }

    private static func configuration(_ vocabulary: GGUFVocabulary, _ file: GGUFFile) -> JSONValue {
        var document: JSONObject = [
            "tokenizer_class": "PreTrainedTokenizerFast", "clean_up_tokenization_spaces": .bool(false),
        ]
        for role in roles {
            guard let id = vocabulary.id(of: role.key), let token = vocabulary.tokenByID[id] else { continue }
            document.set(ByteString("\(role.name)_token"), .string(token))
        }
        if let length = file["\(file.architecture).context_length"]?.int {
            document.set("model_max_length", .integer(length))
        }
        if let template = file["tokenizer.chat_template"]?.string {
            document.set("chat_template", .string(ByteString(template)))
        }
        return .object(document)
    }
}
