import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Collections and their items.
struct CollectionRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let query: [QueryParameter] =
            [
                .list("owner", "Only those of these users or organisations."),
                .list("item", "Only those that hold one of these, written `models/OWNER/NAME`."),
                .word("sort", CollectionService.Order.allCases.map(\.rawValue), "What comes first."),
            ] + QueryParameter.page(upTo: 100)
        routes.get(
            "collections", "Lists collections with the first of their items.", query: query,
            answer: .json([CollectionBody].self), use: list)
        routes.post(
            "collections", "Makes a collection.", body: .json(CreateCollectionBody.self),
            answer: .json(CollectionBody.self), use: create)
        let one = routes.group("collections/:namespace/:slug")
        one.get("", "Shows a collection.", answer: .json(CollectionBody.self)) { request, context in
            let collection = try await hub.collections.show(slug(context), for: context.caller)
            return try Answer.json(body(of: collection, request, context))
        }
        one.patch(
            "", "Changes a collection.", body: .json(ChangeCollectionBody.self),
            answer: .json(CollectionChangedBody.self), use: change)
        one.delete("", "Deletes a collection.") { _, context in
            try await hub.collections.delete(slug(context), by: context.caller)
            return Answer.empty()
        }
        one.post("upvote", "Recommends the collection.") { _, context in
            try await hub.collections.setUpvote(true, slug(context), by: context.caller)
            return Answer.empty()
        }
        one.delete("upvote", "Recommends the collection no longer.") { _, context in
            try await hub.collections.setUpvote(false, slug(context), by: context.caller)
            return Answer.empty()
        }
        addItems(to: one)
    }

    private func addItems(to one: RouteTable) {
        one.post(
            "items", "Puts something into the collection.", body: .json(AddCollectionItemBody.self),
            answer: .json(CollectionBody.self), use: addItem)
        one.patch(
            "items/:item", "Changes the note to an item, or its place.", body: .json(ChangeCollectionItemBody.self),
            answer: .json(CollectionBody.self)
        ) { request, context in
            let body = try await request.json(ChangeCollectionItemBody.self, limit: hub.limits.jsonBytes)
            let collection = try await hub.collections.updateItem(
                item(context), in: slug(context), note: body.note, position: body.position, by: context.caller)
            return try Answer.json(self.body(of: collection, request, context))
        }
        one.delete("items/:item", "Takes an item out of the collection.") { _, context in
            try await hub.collections.deleteItem(item(context), in: slug(context), by: context.caller)
            return Answer.empty()
        }
        one.post(
            "resource-group", "Takes a collection out of a resource group; there are none here.",
            body: .json(CollectionResourceGroupBody.self), answer: .json(CollectionBody.self)
        ) { request, context in
            let body = try await request.json(CollectionResourceGroupBody.self, limit: hub.limits.jsonBytes)
            guard body.resourceGroupId == nil else { throw HubError.invalid("this hub has no resource groups") }
            let collection = try await hub.collections.update(slug(context), .init(), by: context.caller)
            return try Answer.json(self.body(of: collection, request, context))
        }
    }

    @Sendable private func list(request: Request, context: HubContext) async throws -> Response {
        var query = CollectionService.Query()
        query.owners = try request.queries("owner", limit: 100)
        guard query.owners.allSatisfy({ RepositoryID.isWellFormed($0[...]) }) else {
            throw HubError.invalid("an owner in the query is not the name of a user or organisation")
        }
        query.items = try request.queries("item", limit: 100)
        if let sort = request.query("sort") {
            guard let order = CollectionService.Order(rawValue: sort) else {
                throw HubError.invalid("collections are sorted by lastModified, trending or upvotes")
            }
            query.order = order
        }
        let page = try await hub.collections.list(
            query, request.rowPage(default: 50, upTo: 100), for: context.caller)
        return try Answer.page(page, of: request, publicURL) { collection in
            var item = body(of: collection, request, context)
            item.position = nil
            return item
        }
    }

    @Sendable private func create(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(CreateCollectionBody.self, limit: hub.limits.jsonBytes)
        let outcome = try await hub.collections.create(
            title: body.title, namespace: body.namespace, description: body.description,
            isPrivate: body.private ?? false, by: context.caller)
        return try answer(outcome, "you have a collection with this title already", request, context)
    }

    @Sendable private func change(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(ChangeCollectionBody.self, limit: hub.limits.jsonBytes)
        var changes = CollectionService.Changes()
        changes.title = body.title
        changes.description = body.description
        changes.isPrivate = body.private
        changes.theme = body.theme
        changes.position = body.position
        let collection = try await hub.collections.update(slug(context), changes, by: context.caller)
        return try Answer.json(CollectionChangedBody(data: self.body(of: collection, request, context)))
    }

    @Sendable private func addItem(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(AddCollectionItemBody.self, limit: hub.limits.jsonBytes)
        guard let kind = HubCollection.ItemKind(rawValue: body.item.type.rawValue) else {
            throw HubError.invalid("this hub keeps no \(body.item.type.rawValue)s")
        }
        let outcome = try await hub.collections.addItem(
            kind, body.item.id, note: body.note, to: slug(context), by: context.caller)
        return try answer(outcome, "the collection holds this item already", request, context)
    }

    private func answer(
        _ outcome: CollectionService.Outcome,
        _ sentence: String,
        _ request: Request,
        _ context: HubContext
    ) throws -> Response {
        switch outcome {
        case .made(let collection): try Answer.json(body(of: collection, request, context))
        case .existed(let collection):
            try Answer.json(CollectionExistsBody(error: sentence, slug: collection.slug), status: .conflict)
        }
    }

    private func slug(_ context: HubContext) throws -> CollectionSlug {
        try CollectionSlug(owner: context.parameter("namespace"), context.parameter("slug"))
    }

    private func item(_ context: HubContext) throws -> Int64 {
        guard let id = PublicID.rowID(try context.parameter("item")) else {
            throw HubError.notFound("the collection has no such item")
        }
        return id
    }

    private func body(of collection: HubCollection, _ request: Request, _ context: HubContext) -> CollectionBody {
        CollectionBody(
            slug: collection.slug, title: collection.title, description: collection.description,
            owner: .init(PersonBody(collection.owner, request.baseURL(publicURL), context.caller)),
            items: collection.items.map(CollectionBody.Item.init), lastUpdated: timestamp(collection.updatedAt),
            private: collection.isPrivate, theme: collection.theme, upvotes: collection.upvotes,
            isUpvotedByUser: collection.isUpvoted, position: collection.position)
    }
}

extension CollectionBody.Item {
    fileprivate init(_ item: HubCollection.Item) {
        self.init(
            _id: PublicID.text(item.id), id: item.name,
            type: CollectionItemType(rawValue: item.kind.rawValue) ?? .model, position: item.position,
            private: item.isPrivate,
            note: item.note.map { .init(text: $0, html: HTMLText.escape($0)) },
            slug: item.kind == .collection ? item.name : nil)
    }
}

extension Request {
    /// All values of a query parameter that may be there more than once.
    fileprivate func queries(_ name: String, limit: Int) throws -> [String] {
        let values = uri.queryParameters.getAll(name)
        guard values.count <= limit else { throw HubError.invalid("the query has over \(limit) values for \(name)") }
        return values
    }
}
