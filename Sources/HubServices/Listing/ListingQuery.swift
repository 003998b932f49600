package import HubCore
import HubDatabase

/// Which repositories someone wants to see, and in what order.
package struct ListingQuery: Sendable {
    /// What a list is sorted by, always the greatest first.
    package enum Order: String, Sendable, CaseIterable {
        case createdAt, downloads, lastModified, likes, trendingScore
    }

    /// Where a page begins: behind this repository.
    package struct Cursor: Sendable, Hashable {
        let value: Int64
        let rowID: Int64

        package var text: String { "\(value).\(rowID)" }

        package init(parsing text: String) throws(HubError) {
            let parts = text.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 2, let value = Int64(parts[0]), let rowID = Int64(parts[1]) else {
                throw .invalid("'\(text.prefix(100))' is not a cursor; follow the Link of the page before")
            }
            self.init(value: value, rowID: rowID)
        }

        init(value: Int64, rowID: Int64) {
            self.value = value
            self.rowID = rowID
        }
    }

    package let kind: RepositoryID.Kind

    /// Tags, all of which a repository must have.
    package var tags: [String] = []
    package var author: String?

    /// Texts, each word of which must stand in the name, the tags or the card.
    package var search: [String] = []
    package var pipelineTag: String?
    package var library: String?
    package var isGated: Bool?
    package var parameters: ClosedRange<Int>?

    /// Programs a model must be fit for.
    package var apps: [String] = []

    /// Whether only what an inference provider serves is wanted; there is none here.
    package var isServed = false

    /// For spaces: models and datasets each must make use of, and whether it must make use of any.
    package var usedModels: [String] = []
    package var usedDatasets: [String] = []
    package var isLinked = false

    /// For spaces: kinds of application, any of which.
    package var sdks: [String] = []
    package var order = Order.lastModified
    package var cursor: Cursor?
    package var limit = 1000

    package init(_ kind: RepositoryID.Kind) { self.kind = kind }
}

extension ListingQuery {
    /// The query as SQL over `repository`, `account`, `listing` and `popularity`.
    ///
    /// Rows are a repository's id and the value it is sorted by.
    func statement(
        for caller: Caller,
        dialect: SQLDialect
    ) -> (sql: String, values: [any SQLValueConvertible]) {
        var conditions = Conditions()
        conditions.add("repository.kind = ?", [kind.rawValue])
        let visibility = Access.visibility(for: caller)
        conditions.add(visibility.condition, visibility.values)
        if let author { conditions.add("account.name_key = ?", [author.lowercased()]) }
        for tag in tags { conditions.add(tag: tag) }
        if let pipelineTag { conditions.add("listing.pipeline_tag = ?", [pipelineTag]) }
        if let library { conditions.add("listing.library_name = ?", [library]) }
        if let parameters {
            conditions.add("listing.parameters BETWEEN ? AND ?", [parameters.lowerBound, parameters.upperBound])
        }
        if isServed { conditions.add("1 = 0") }
        if let isGated { conditions.add("repository.gate IS \(isGated ? "NOT " : "")NULL") }
        for app in apps { conditions.add(app: app) }
        for model in usedModels { conditions.add(reference: .model, to: model) }
        for dataset in usedDatasets { conditions.add(reference: .dataset, to: dataset) }
        if isLinked {
            conditions.add(
                "EXISTS (SELECT 1 FROM listing_reference WHERE listing_reference.repository_id = repository.id)")
        }
        conditions.add(anyTag: sdks)
        for text in search { conditions.add(search: text, dialect) }
        let value = order.column
        if let cursor {
            conditions.add(
                "(\(value) < ? OR (\(value) = ? AND repository.id < ?))", [cursor.value, cursor.value, cursor.rowID])
        }
        let sql = """
            SELECT repository.id, \(value) FROM repository JOIN account ON account.id = repository.owner_id
            LEFT JOIN listing ON listing.repository_id = repository.id
            LEFT JOIN popularity ON popularity.repository_id = repository.id
            WHERE \(conditions.sql) ORDER BY 2 DESC, repository.id DESC LIMIT ?
            """
        return (sql, conditions.values + [limit + 1])
    }
}

extension ListingQuery.Order {
    fileprivate var column: String {
        switch self {
        case .createdAt: "repository.created_at"
        case .lastModified: "repository.updated_at"
        case .downloads: "COALESCE(popularity.downloads, 0)"
        case .trendingScore: "COALESCE(popularity.trending, 0)"
        case .likes: Popularity.likesColumn
        }
    }
}

/// The conditions of a query, all of which hold, with their values.
private struct Conditions {
    private(set) var parts: [String] = []
    private(set) var values: [any SQLValueConvertible] = []

    var sql: String { parts.joined(separator: " AND ") }

    mutating func add(_ condition: String, _ values: [any SQLValueConvertible] = []) {
        parts.append(condition)
        self.values += values
    }

    mutating func add(tag: String) {
        add("repository.id IN (SELECT repository_id FROM listing_tag WHERE tag_key = ?)", [tag.lowercased()])
    }

    mutating func add(anyTag tags: [String]) {
        guard !tags.isEmpty else { return }
        let marks = tags.map { _ in "?" }.joined(separator: ", ")
        add(
            "repository.id IN (SELECT repository_id FROM listing_tag WHERE tag_key IN (\(marks)))",
            tags.map { $0.lowercased() })
    }

    mutating func add(reference relation: Listing.Relation, to name: String) {
        add(
            "repository.id IN (SELECT repository_id FROM listing_reference WHERE target_key = ? AND relation = ?)",
            [name.lowercased(), relation.rawValue])
    }

    /// What a program needs of a model; one nobody here knows is fit for none.
    mutating func add(app: String) {
        switch app.lowercased() {
        case "llama.cpp", "ollama", "lmstudio", "jan", "koboldcpp", "gpt4all", "docker-model-runner": add(tag: "gguf")
        case "vllm", "sglang", "text-generation-inference", "tgi":
            add(tag: "transformers")
            add(tag: "text-generation")
        case "mlx-lm": add(tag: "mlx")
        case "draw-things", "drawthings", "diffusionbee", "invoke", "comfyui": add(tag: "diffusers")
        default: add("1 = 0")
        }
    }

    /// Each word stands somewhere in the name, or is, or begins, a word of the tags or the card.
    mutating func add(search text: String, _ dialect: SQLDialect) {
        for word in text.split(whereSeparator: \.isWhitespace).prefix(16) {
            let inName = "account.name_key || '/' || repository.name_key LIKE ? ESCAPE '\\'"
            let pattern = "%\(Self.escaped(word.prefix(200).lowercased()))%"
            guard let words = dialect.words(String(word)) else {
                add(inName, [pattern])
                continue
            }
            add(
                "(\(inName) OR repository.id IN (SELECT rowid FROM listing_text WHERE \(dialect.matches("listing_text"))))",
                [pattern, words])
        }
    }

    /// The text as a pattern that means just itself.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}
