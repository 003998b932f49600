import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Lists of repositories, searches and what there is to search for.
struct ListingRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let kept = routes.keepingAnswers
        for kind in RepositoryID.Kind.allCases {
            kept.get(
                kind.plural, "Lists the \(kind.plural) the caller may see.", query: Self.query(of: kind),
                answer: .json([RepositoryBody].self)
            ) { request, context in try await list(kind, request, context) }
        }
        for kind in [RepositoryID.Kind.model, .dataset] {
            kept.get(
                "\(kind.plural)-tags-by-type", "Lists the tags of all public \(kind.plural).",
                answer: .json([String: [TagBody]].self)
            ) { _, _ in try await tags(kind) }
        }
        let query: [QueryParameter] = [
            .text("q", "Words to look for."),
            .list("filter", "Only those with all these tags."),
            .list("sdk", "Only those made with one of these."),
            .flag(
                "includeNonRunning", "Whether those that do not run are wanted too; here none does, and all are told."),
        ]
        kept.get(
            "spaces/semantic-search", "Finds spaces by words.", query: query, answer: .json([SpaceFoundBody].self),
            use: searchSpaces)
    }

    // MARK: Lists

    private static func query(of kind: RepositoryID.Kind) -> [QueryParameter] {
        let common: [QueryParameter] = [
            .list("filter", "Only those with all these tags."),
            .text("author", "Only those of this user or organisation."),
            .list("search", "Only those with each of these words in their name, tags or card."),
            .word("sort", ListingQuery.Order.allCases.map(\.rawValue), "What to sort by, the greatest first."),
            .number("limit", 1...1000, "At most so many a page."),
            .flag("full", "Whether to tell commits and files too."),
            .list("expand", "Tells only these properties: \(InfoRoutes.names(of: kind))."),
            .text("cursor", "Where a page begins; comes from the Link of the page before."),
        ]
        return common + particular(of: kind)
    }

    private static func particular(of kind: RepositoryID.Kind) -> [QueryParameter] {
        let gated = QueryParameter.flag("gated", "Only those that are gated, or only those that are not.")
        return switch kind {
        case .model:
            [
                gated,
                .text("pipeline_tag", "Only those for this task."),
                .text("library", "Only those of this library."),
                .text("num_parameters", "Only those of a size, such as min:6B,max:128B."),
                .list("apps", "Only those fit for all these programs."),
                .text("inference", "`warm`: only those an inference provider serves, of which there are none."),
                .list("inference_provider", "Only those this provider serves, of which there are none."),
                .flag("config", "Whether to tell their configuration too."),
                .flag("cardData", "Whether to tell the metadata of their cards too."),
            ]
        case .dataset: [gated, .flag("cardData", "Whether to tell the metadata of their cards too.")]
        case .space:
            [
                .list("models", "Only those that make use of all these models."),
                .list("datasets", "Only those that make use of all these datasets."),
                .flag("linked", "Only those that make use of any model or dataset."),
            ]
        case .kernel: []
        }
    }

    private func list(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let items = try QueryItems(of: request)
        let expanded = try items.properties(of: kind)
        let wanted =
            try expanded
            ?? RepositoryProperty.listed(
                of: kind, full: items.flag("full") ?? false, card: items.flag("cardData") ?? false,
                config: items.flag("config") ?? items.flag("fetch_config") ?? false)
        let query = try ListingQuery(kind, items)
        let page = try await hub.listings.list(query, .init(wanted), for: context.caller)
        var response = try Answer.json(page.repositories.map { RepositoryBody($0, isExpanded: expanded != nil) })
        if let next = page.next {
            let query = items.replacing("cursor", with: next.text)
            response.headers[.link] =
                "<\(request.baseURL(publicURL))\(request.uri.path)?\(query)>; rel=\"next\""
        }
        return response
    }

    @Sendable private func searchSpaces(request: Request, context: HubContext) async throws -> Response {
        let items = try QueryItems(of: request)
        var query = ListingQuery(.space)
        query.search = items.text("q").map { [$0] } ?? []
        query.tags = try items.all("filter")
        query.sdks = try items.all("sdk")
        query.order = .trendingScore
        query.limit = 50
        let wanted: Set<RepositoryProperty> = [.cardData, .likes, .sdk, .tags, .trendingScore]
        let page = try await hub.listings.list(query, .init(wanted), for: context.caller)
        return try Answer.json(page.repositories.map(SpaceFoundBody.init))
    }

    // MARK: Tags

    private func tags(_ kind: RepositoryID.Kind) async throws -> Response {
        let tags = try await hub.listings.tagsByKind(kind)
        let bodies = tags.map { heading, texts in
            (heading.rawValue, texts.map { TagBody(id: $0, label: Self.label($0), type: heading.rawValue) })
        }
        return try Answer.json(Dictionary(uniqueKeysWithValues: bodies))
    }

    /// A tag without the heading it repeats.
    private static func label(_ tag: String) -> String {
        guard let colon = tag.firstIndex(of: ":") else { return tag }
        return String(tag[tag.index(after: colon)...])
    }
}

extension ListingQuery {
    fileprivate init(_ kind: RepositoryID.Kind, _ items: QueryItems) throws(HubError) {
        self.init(kind)
        tags = try items.all("filter").flatMap { $0.split(separator: ",").map(String.init) }
        author = items.text("author")
        search = try items.all("search")
        guard tags.count <= 64 else { throw .invalid("at most 64 tags can be asked for at once") }
        guard search.reduce(0, { $0 + $1.split(whereSeparator: \.isWhitespace).count }) <= 64 else {
            throw .invalid("at most 64 words can be searched for at once")
        }
        isGated = try items.flag("gated")
        if let sort: Order = try items.word("sort") { order = sort }
        if let text = items.text("limit") {
            guard let number = Int(text) else { throw .invalid("the query's limit is not a number") }
            limit = min(max(number, 1), 1000)
        }
        if let text = items.text("cursor") { cursor = try Cursor(parsing: text) }
        switch kind {
        case .model: try readModels(items)
        case .space: try readSpaces(items)
        case .dataset, .kernel: break
        }
    }

    private mutating func readModels(_ items: QueryItems) throws(HubError) {
        pipelineTag = items.text("pipeline_tag")
        library = items.text("library")
        if let text = items.text("num_parameters") { parameters = try Self.parameters(parsing: text) }
        apps = try items.all("apps")
        let providers = try items.all("inference_provider")
        isServed = items.text("inference") != nil || !providers.isEmpty
    }

    private mutating func readSpaces(_ items: QueryItems) throws(HubError) {
        usedModels = try items.all("models")
        usedDatasets = try items.all("datasets")
        isLinked = try items.flag("linked") ?? false
    }
}

extension SpaceFoundBody {
    fileprivate init(_ description: RepositoryDescription) {
        let record = description.record
        let facts = description.facts
        self.init(
            id: record.id.path, author: record.id.owner, title: facts?.text("title") ?? record.id.name,
            emoji: facts?.text("emoji"), sdk: facts?.text("sdk"), likes: description.popularity.likes,
            private: record.visibility == .private, tags: description.tags,
            shortDescription: facts?.text("short_description"), trendingScore: description.popularity.trending,
            lastModified: timestamp(record.updatedAt))
    }
}
