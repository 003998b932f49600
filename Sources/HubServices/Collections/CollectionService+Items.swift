import HubCore
import HubDatabase

extension CollectionService {
    /// Puts something at the end of a collection.
    ///
    /// - Parameter name: `owner/name` of a repository the caller may read, the slug of a collection they may see, or
    ///   the number of a paper.
    package func addItem(
        _ kind: HubCollection.ItemKind,
        _ name: String,
        note: String?,
        to slug: CollectionSlug,
        by caller: Caller
    ) async throws -> Outcome {
        let note = try note.flatMap(CollectionText.note)
        let instant = now.seconds
        return try await database.write { connection in
            let collection = try HubCollection.find(slug, for: caller, in: connection)
            try Access.requireCurator(of: collection.owner.id, caller, in: connection)
            let target = try Target(kind, name, for: caller, in: connection)
            let known = try connection.queryOne(
                "SELECT 1 FROM collection_item WHERE collection_id = ? AND kind = ? AND target = ?",
                [collection.rowID, kind.rawValue, target.text])
            guard known == nil else { return .existed(try Self.read(slug, for: caller, in: connection)) }
            let count = try connection.queryOne(
                "SELECT COUNT(*) FROM collection_item WHERE collection_id = ?", [collection.rowID])
            let position = try count?.int(0) ?? 0
            guard position < Self.itemLimit else {
                throw HubError.conflict("the collection has \(position) items; remove some first")
            }
            try connection.execute(
                """
                INSERT INTO collection_item (collection_id, kind, repository_id, target, note, position)
                VALUES (?, ?, ?, ?, ?, ?)
                """,
                [collection.rowID, kind.rawValue, target.repository, target.text, note, position])
            try connection.execute("UPDATE collection SET updated_at = ? WHERE id = ?", [instant, collection.rowID])
            return .made(try Self.read(slug, for: caller, in: connection))
        }
    }

    /// Changes the note to an item, or its place; nil stays as it is.
    package func updateItem(
        _ item: Int64,
        in slug: CollectionSlug,
        note: String?,
        position: Int?,
        by caller: Caller
    ) async throws -> HubCollection {
        let note = try note.map(CollectionText.note)
        return try await change(slug, by: caller) { collection, connection in
            try Self.requireItem(item, in: collection, connection)
            if let note {
                try connection.execute("UPDATE collection_item SET note = ? WHERE id = ?", [note, item])
            }
            if let position {
                let seen = try Self.read(slug, for: caller, in: connection).items.map(\.id)
                try Self.order(of: collection).move(item, to: position, among: seen, in: connection)
            }
        }
    }

    package func deleteItem(_ item: Int64, in slug: CollectionSlug, by caller: Caller) async throws {
        _ = try await change(slug, by: caller) { collection, connection in
            try Self.requireItem(item, in: collection, connection)
            try connection.execute("DELETE FROM collection_item WHERE id = ?", [item])
            try Self.order(of: collection).close(in: connection)
        }
    }

    private static func order(of collection: HubCollection) -> PositionedRows {
        PositionedRows(table: "collection_item", group: "collection_id", groupID: collection.rowID)
    }

    private static func requireItem(
        _ item: Int64,
        in collection: HubCollection,
        _ connection: any SQLConnection
    ) throws {
        let row = try connection.queryOne(
            "SELECT 1 FROM collection_item WHERE id = ? AND collection_id = ?", [item, collection.rowID])
        guard row != nil else { throw HubError.notFound("the collection \(collection.slug) has no such item") }
    }

    /// What an item stands for, as it is stored: names change, rows do not.
    struct Target {
        let text: String
        let repository: Int64?

        init(
            _ kind: HubCollection.ItemKind,
            _ name: String,
            for caller: Caller,
            in connection: any SQLConnection
        ) throws {
            switch kind {
            case .model, .dataset, .space, .kernel:
                let id = try RepositoryID(kind.repository ?? .model, parsing: name)
                let record = try Access.current(id, for: caller, as: .see, in: connection)
                text = "\(record.rowID)"
                repository = record.rowID
            case .collection:
                text = try HubCollection.find(CollectionSlug(parsing: name), for: caller, in: connection).key
                repository = nil
            case .paper:
                guard (4...40).contains(name.utf8.count),
                    name.utf8.allSatisfy({ "0123456789.abcdefghijklmnopqrstuvwxyz-/".utf8.contains($0) })
                else {
                    throw HubError.invalid("'\(name.prefix(40).filter { $0 != "\0" })' is not the number of a paper")
                }
                text = name
                repository = nil
            }
        }
    }
}
