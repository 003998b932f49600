package import HubCore

/// What a revision's files say about it: found out once, when the revision is published, from small files and headers.
///
/// Facts hang on the root tree alone. A fork, a tag and a commit that changes nothing have them already.
package struct RevisionFacts: Sendable, Hashable {
    /// The metadata at the top of `README.md`.
    package var card: JSONValue?

    /// The beginning of the text below it, for searching.
    package var cardText = ""

    /// The parts of `config.json` and its neighbours that clients ask for.
    package var config: JSONValue?
    package var transformers: TransformersFacts?
    package var safetensors: SafetensorsFacts?

    /// The header of the first GGUF file, in a few words.
    package var gguf: JSONValue?
    package var maskToken: String?

    /// Results of evaluations, as files in `.eval_results` give them.
    package var evaluations: JSONValue?

    /// Libraries that can read the files, by the files' names.
    package var frameworks: [String] = []

    /// The library the files were made with, if their names and contents tell.
    package var library: String?

    /// Forms of data among the files, such as `parquet`.
    package var dataFormats: [String] = []

    /// arXiv identifiers the card links to.
    package var papers: [String] = []

    /// Bytes of all files, large ones with their content.
    package var size = 0

    /// Raised whenever the same files would give other facts.
    static let edition = 1

    package init() {}
}

/// Which classes of Transformers load a model.
package struct TransformersFacts: Sendable, Hashable {
    package var autoModel: String
    package var customClass: String?
    package var pipeline: String?
    package var processor: String?
}

/// How many parameters the safetensors files hold.
package struct SafetensorsFacts: Sendable, Hashable {
    /// By the type they are stored in, such as `BF16`.
    package var parameters: [String: Int]
    package var total: Int
    package var sharded: Bool
}

extension RevisionFacts {
    /// What is in the card under `key`: one text, or each text of a list.
    package func texts(_ key: String) -> [String] { Self.texts(card?[key]) }

    package func text(_ key: String) -> String? {
        guard let text = card?[key]?.string, !text.isEmpty else { return nil }
        return text
    }

    private static func texts(_ value: JSONValue?) -> [String] {
        switch value {
        case .array(let values)?: values.prefix(listLimit).flatMap { texts($0.array == nil ? $0 : nil) }
        case .string(let text)?: text.bytes.isEmpty ? [] : [text.string]
        case .integer(let number)?: ["\(number)"]
        default: []
        }
    }

    /// No card in earnest lists more of anything.
    private static let listLimit = 1000

    package var libraryName: String? { text("library_name") ?? library }

    package var pipelineTag: String? { text("pipeline_tag") ?? transformers?.pipeline ?? pipelineOfLibrary }

    package var baseModels: [String] { texts("base_model") }

    package var modelType: String? { config?["model_type"]?.string }

    /// Parameters of the model, from whichever form of weights tells.
    package var parameterCount: Int? { safetensors?.total ?? gguf?["total"]?.int }

    private var pipelineOfLibrary: String? {
        switch libraryName {
        case "sentence-transformers": "sentence-similarity"
        case "diffusers": "text-to-image"
        case "peft" where config?["peft"]?["task_type"]?.string == "CAUSAL_LM": "text-generation"
        case _ where gguf != nil && gguf?["chat_template"] != nil: "text-generation"
        default: nil
        }
    }
}
