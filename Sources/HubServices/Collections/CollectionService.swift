import HubCore
package import HubDatabase

/// Makes, shows and changes collections.
package struct CollectionService: Sendable {
    let database: any SQLDatabase
    let now: Now

    package init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    /// So many collections one owner may have, and so many items a collection.
    private static let collectionLimit = 10_000
    static let itemLimit = 10_000

    /// What came of a wish to have something there.
    package enum Outcome: Sendable {
        case made(HubCollection)
        case existed(HubCollection)
    }

    package func create(
        title: String,
        namespace: String?,
        description: String?,
        isPrivate: Bool,
        by caller: Caller
    ) async throws -> Outcome {
        let title = try CollectionText.title(title)
        let description = try description.flatMap(CollectionText.description)
        let instant = now.seconds
        return try await database.write { connection in
            let user = try Access.requireWriter(caller, to: "make a collection")
            guard let owner = try AccountRecord.find(CollectionText.name(namespace ?? user.name), in: connection) else {
                throw HubError.notFound("there is no user or organization '\(namespace?.prefix(100) ?? "")'")
            }
            try Access.requireCurator(of: owner.id, caller, in: connection)
            let slug = HubCollection.slug(of: title)
            let known = try connection.queryOne(
                HubCollection.selection + " WHERE collection.owner_id = ? AND collection.slug = ?",
                [user.id, user.id, owner.id, slug])
            if var known = try known.map(HubCollection.init) {
                try known.count(for: caller, in: connection)
                return .existed(known)
            }
            let count = try connection.queryOne("SELECT COUNT(*) FROM collection WHERE owner_id = ?", [owner.id])
            let position = try count?.int(0) ?? 0
            guard position < Self.collectionLimit else {
                throw HubError.conflict("'\(owner.name)' has \(position) collections; remove some first")
            }
            let key = Self.freshKey()
            try connection.execute(
                """
                INSERT INTO collection (public_key, owner_id, title, slug, description, theme, is_private, position,
                    created_at, updated_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    key, owner.id, title, slug, description, HubCollection.themes[0], isPrivate, position, instant,
                    instant,
                ])
            return .made(try Self.read(CollectionSlug(owner: owner.name, key), for: caller, in: connection))
        }
    }

    package func show(_ slug: CollectionSlug, for caller: Caller) async throws -> HubCollection {
        try await database.read { connection in try Self.read(slug, for: caller, in: connection) }
    }

    /// What is to be different about a collection; nil stays as it is.
    package struct Changes: Sendable {
        package var title: String?
        package var description: String?
        package var isPrivate: Bool?
        package var theme: String?
        package var position: Int?

        package init() {}
    }

    package func update(
        _ slug: CollectionSlug,
        _ changes: Changes,
        by caller: Caller
    ) async throws -> HubCollection {
        let title = try changes.title.map(CollectionText.title)
        let description = try changes.description.map(CollectionText.description)
        if let theme = changes.theme, !HubCollection.themes.contains(theme) {
            throw HubError.invalid("'\(theme.prefix(40))' is no theme; expected one of \(HubCollection.themes)")
        }
        return try await change(slug, by: caller) { collection, connection in
            if let title {
                try connection.execute(
                    "UPDATE collection SET title = ?, slug = ? WHERE id = ?",
                    [title, HubCollection.slug(of: title), collection.rowID])
            }
            if let description {
                try connection.execute(
                    "UPDATE collection SET description = ? WHERE id = ?", [description, collection.rowID])
            }
            if let isPrivate = changes.isPrivate {
                try connection.execute(
                    "UPDATE collection SET is_private = ? WHERE id = ?", [isPrivate, collection.rowID])
            }
            if let theme = changes.theme {
                try connection.execute("UPDATE collection SET theme = ? WHERE id = ?", [theme, collection.rowID])
            }
            if let position = changes.position {
                try PositionedRows(table: "collection", group: "owner_id", groupID: collection.owner.id)
                    .move(
                        collection.rowID, to: position,
                        among: HubCollection.seen(of: collection.owner.id, by: caller, in: connection), in: connection)
            }
        }
    }

    package func delete(_ slug: CollectionSlug, by caller: Caller) async throws {
        try await database.write { connection in
            let collection = try HubCollection.find(slug, for: caller, in: connection)
            try Access.requireCurator(of: collection.owner.id, caller, in: connection)
            for table in ["collection_item", "collection_upvote"] {
                try connection.execute("DELETE FROM \(table) WHERE collection_id = ?", [collection.rowID])
            }
            try connection.execute(
                "DELETE FROM collection_item WHERE kind = 'collection' AND target = ?", [collection.key])
            try connection.execute("DELETE FROM collection WHERE id = ?", [collection.rowID])
        }
    }

    /// Makes the caller recommend a collection, or not any more; doing either twice is fine.
    package func setUpvote(_ isUpvoted: Bool, _ slug: CollectionSlug, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in
            let collection = try HubCollection.find(slug, for: caller, in: connection)
            let user = try Access.requireWriter(caller, to: "recommend a collection")
            if isUpvoted {
                try connection.execute(
                    """
                    INSERT INTO collection_upvote (collection_id, user_id, created_at) VALUES (?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """, [collection.rowID, user.id, instant])
            } else {
                try connection.execute(
                    "DELETE FROM collection_upvote WHERE collection_id = ? AND user_id = ?",
                    [collection.rowID, user.id])
            }
        }
    }
}

extension CollectionService {
    /// Changes a collection in one transaction and shows it as it is then.
    func change(
        _ slug: CollectionSlug,
        by caller: Caller,
        _ body: @escaping @Sendable (HubCollection, any SQLConnection) throws -> Void
    ) async throws -> HubCollection {
        let instant = now.seconds
        return try await database.write { connection in
            let collection = try HubCollection.find(slug, for: caller, in: connection)
            try Access.requireCurator(of: collection.owner.id, caller, in: connection)
            try body(collection, connection)
            try connection.execute("UPDATE collection SET updated_at = ? WHERE id = ?", [instant, collection.rowID])
            return try Self.read(slug, for: caller, in: connection)
        }
    }

    static func read(
        _ slug: CollectionSlug,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> HubCollection {
        var collection = try HubCollection.find(slug, for: caller, in: connection)
        try collection.readItems(limit: itemLimit, for: caller, in: connection)
        return collection
    }

    private static func freshKey() -> String {
        var generator = SystemRandomNumberGenerator()
        return String((0..<24).compactMap { _ in "0123456789abcdef".randomElement(using: &generator) })
    }
}
