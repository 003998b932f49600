import HubAPI
import HubCore
import HubServices

extension RepositoryBody {
    /// What is wanted of a repository, and nothing else.
    ///
    /// - Parameter isExpanded: Whether the client named what it wants; then nothing is added to that.
    init(_ description: RepositoryDescription, isExpanded: Bool) {
        let record = description.record
        self.init(id: record.id.path)
        objectID = Self.objectID(record)
        if !isExpanded {
            if record.id.kind == .model { modelId = record.id.path }
            forkedFrom = description.upstream?.path
        }
        tellState(description)
        tellPopularity(description)
        tellFiles(description)
        if let facts = description.facts { tell(facts, description) }
    }

    /// Creation time and row id, which no other repository has together.
    private static func objectID(_ record: RepositoryRecord) -> String {
        let time = UInt32(truncatingIfNeeded: record.createdAt)
        let row = UInt64(bitPattern: record.rowID)
        return Self.hex(UInt64(time), digits: 8) + Self.hex(row, digits: 16)
    }

    private static func hex(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
    }

    private mutating func tellState(_ description: RepositoryDescription) {
        let record = description.record
        let wanted = description.wanted
        if wanted.contains(.author) { author = record.id.owner }
        if wanted.contains(.private) { `private` = record.visibility == .private }
        if wanted.contains(.gated) { gated = GatingBody(record.gate) }
        if wanted.contains(.disabled) { disabled = false }
        if wanted.contains(.sha) { sha = description.commit?.hex }
        if wanted.contains(.createdAt) { createdAt = timestamp(record.createdAt) }
        if wanted.contains(.lastModified) { lastModified = timestamp(record.updatedAt) }
        if wanted.contains(.inferenceProviderMapping) { inferenceProviderMapping = [:] }
        if wanted.contains(.runtime) { runtime = RuntimeBody(stage: "STOPPED") }
        if wanted.contains(.subdomain) {
            subdomain = "\(record.id.owner)-\(record.id.name)".lowercased().replacing(".", with: "-")
                .replacing("_", with: "-")
        }
    }

    private mutating func tellPopularity(_ description: RepositoryDescription) {
        let wanted = description.wanted
        let popularity = description.popularity
        if wanted.contains(.downloads) { downloads = popularity.downloads }
        if wanted.contains(.downloadsAllTime) { downloadsAllTime = popularity.downloadsAllTime }
        if wanted.contains(.likes) { likes = popularity.likes }
        if wanted.contains(.trendingScore) { trendingScore = popularity.trending }
        childrenModelCount = description.childrenCount
        spaces = description.spaces
    }

    private mutating func tellFiles(_ description: RepositoryDescription) {
        let wanted = description.wanted
        if wanted.contains(.tags) { tags = description.tags }
        usedStorage = description.usedStorage
        siblings = description.siblings?.map { sibling in
            guard let entry = sibling.entry else { return SiblingBody(rfilename: sibling.path) }
            return SiblingBody(
                rfilename: sibling.path, size: entry.size, blobId: entry.id.hex,
                lfs: entry.pointer.map {
                    .init(sha256: $0.digest.hex, size: $0.size, pointerSize: $0.text.utf8.count)
                })
        }
    }

    private mutating func tell(_ facts: RevisionFacts, _ description: RepositoryDescription) {
        let wanted = description.wanted
        if wanted.contains(.cardData) { cardData = facts.card }
        if wanted.contains(.widgetData) { widgetData = facts.card?["widget"] }
        if wanted.contains(.modelIndex) { modelIndex = facts.card?["model-index"] }
        if wanted.contains(.pipelineTag) { pipelineTag = facts.pipelineTag }
        if wanted.contains(.libraryName) { libraryName = facts.libraryName }
        if wanted.contains(.maskToken) { maskToken = description.maskToken }
        if wanted.contains(.config) { config = description.config }
        if wanted.contains(.gguf) { gguf = description.gguf }
        if wanted.contains(.evalResults) { evalResults = description.evaluations }
        if wanted.contains(.baseModels) { baseModels = facts.baseModels }
        if wanted.contains(.transformersInfo) { transformersInfo = facts.transformers.map(TransformersInfoBody.init) }
        if wanted.contains(.safetensors) {
            safetensors = facts.safetensors.map {
                SafetensorsBody(parameters: $0.parameters, total: $0.total, sharded: $0.sharded)
            }
        }
        if wanted.contains(.mainSize) { mainSize = facts.size }
        if wanted.contains(.description) { self.description = Self.summary(facts.cardText) }
        if wanted.contains(.citation) { citation = Self.citation(in: facts.cardText) }
        if wanted.contains(.papersWithCodeID) { papersWithCodeID = facts.text("paperswithcode_id") }
        if wanted.contains(.sdk) { sdk = facts.text("sdk") }
        if wanted.contains(.models) { models = facts.texts("models") }
        if wanted.contains(.datasets) { datasets = facts.texts("datasets") }
    }

    /// The beginning of the card's text.
    private static func summary(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(100).joined(separator: " ")
        return words.isEmpty ? nil : String(words.prefix(500))
    }

    /// The first BibTeX entry in the card.
    private static func citation(in text: String) -> String? {
        for block in text.split(separator: "```", omittingEmptySubsequences: false).dropFirst() {
            guard let start = block.firstIndex(of: "@"), block[..<start].allSatisfy({ !$0.isSymbol }) else { continue }
            return String(block[start...]).trimmingSuffix(while: \.isWhitespace)
        }
        return nil
    }
}

extension String {
    fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> String {
        var text = self[...]
        while let last = text.last, isDropped(last) { text.removeLast() }
        return String(text)
    }
}

extension TransformersInfoBody {
    fileprivate init(_ facts: TransformersFacts) {
        self.init(
            autoModel: facts.autoModel, customClass: facts.customClass, pipelineTag: facts.pipeline,
            processor: facts.processor)
    }
}
