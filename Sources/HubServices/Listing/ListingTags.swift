import HubCore

/// A word a repository can be found by.
package struct ListingTag: Sendable, Hashable {
    /// The heading it stands under.
    package enum Kind: String, Sendable, CaseIterable {
        case library
        case pipelineTag = "pipeline_tag"
        case language
        case license
        case dataset
        case baseModel = "base_model"
        case paper = "arxiv"
        case taskCategories = "task_categories"
        case taskIDs = "task_ids"
        case sizeCategories = "size_categories"
        case multilinguality
        case languageCreators = "language_creators"
        case annotationsCreators = "annotations_creators"
        case sourceDatasets = "source_datasets"
        case format
        case sdk
        case other
    }

    package let kind: Kind
    package let text: String

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }
}

/// The tags of a repository, made of what its files say.
enum ListingTags {
    /// Each once, in the order they are shown.
    static func tags(of kind: RepositoryID.Kind, _ facts: RevisionFacts) -> [ListingTag] {
        let all =
            switch kind {
            case .model, .kernel: model(facts)
            case .dataset: dataset(facts)
            case .space: space(facts)
            }
        var seen: Set<String> = []
        return Array(
            all.filter { tag in
                (1...lengthLimit).contains(tag.text.utf8.count) && !tag.text.utf8.contains(0)
                    && seen.insert(tag.text.lowercased()).inserted
            }.prefix(countLimit))
    }

    private static let countLimit = 2000
    private static let lengthLimit = 300

    private static func model(_ facts: RevisionFacts) -> [ListingTag] {
        var tags: [ListingTag] = []
        if let library = facts.libraryName { tags.append(.init(.library, library)) }
        tags += facts.frameworks.map { .init(.library, $0) }
        if let type = facts.modelType { tags.append(.init(.other, type)) }
        if let pipeline = facts.pipelineTag { tags.append(.init(.pipelineTag, pipeline)) }
        tags += features(facts)
        tags += facts.texts("tags").map { .init(.other, $0) }
        tags += facts.texts("language").map { .init(.language, $0) }
        tags += facts.texts("datasets").map { .init(.dataset, "dataset:\($0)") }
        tags += facts.papers.map { .init(.paper, "arxiv:\($0)") }
        let relation = relation(facts)
        for base in facts.baseModels {
            tags.append(.init(.baseModel, "base_model:\(base)"))
            tags.append(.init(.baseModel, "base_model:\(relation):\(base)"))
        }
        tags += facts.texts("license").map { .init(.license, "license:\($0.lowercased())") }
        return tags
    }

    /// What one can do with the model's files.
    private static func features(_ facts: RevisionFacts) -> [ListingTag] {
        var tags: [ListingTag] = []
        let tokenizer = facts.config?["tokenizer_config"]
        let hasTemplate =
            tokenizer?["chat_template"] != nil || facts.config?["chat_template_jinja"] != nil
            || facts.gguf?["chat_template"] != nil
        if hasTemplate { tags.append(.init(.other, "conversational")) }
        if facts.config?["auto_map"] != nil { tags.append(.init(.other, "custom_code")) }
        if facts.card?["model-index"] != nil { tags.append(.init(.other, "model-index")) }
        return tags
    }

    /// How the model came from its base models.
    private static func relation(_ facts: RevisionFacts) -> String {
        if let said = facts.text("base_model_relation") { return said }
        if facts.libraryName == "peft" { return "adapter" }
        if facts.frameworks.contains("gguf") { return "quantized" }
        return facts.baseModels.count > 1 ? "merge" : "finetune"
    }

    private static func dataset(_ facts: RevisionFacts) -> [ListingTag] {
        let keyed: [ListingTag.Kind] = [
            .taskCategories, .taskIDs, .annotationsCreators, .languageCreators, .multilinguality, .sourceDatasets,
            .language, .license, .sizeCategories,
        ]
        var tags = keyed.flatMap { kind in
            facts.texts(kind.rawValue).map { text in
                ListingTag(kind, "\(kind.rawValue):\(kind == .license ? text.lowercased() : text)")
            }
        }
        tags += facts.dataFormats.map { .init(.format, "format:\($0)") }
        tags += facts.papers.map { .init(.paper, "arxiv:\($0)") }
        return tags + facts.texts("tags").map { .init(.other, $0) }
    }

    private static func space(_ facts: RevisionFacts) -> [ListingTag] {
        var tags: [ListingTag] = []
        if let sdk = facts.text("sdk") { tags.append(.init(.sdk, sdk)) }
        tags += facts.texts("tags").map { .init(.other, $0) }
        tags += facts.texts("license").map { .init(.license, "license:\($0.lowercased())") }
        return tags
    }
}
