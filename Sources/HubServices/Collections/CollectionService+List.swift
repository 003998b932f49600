import HubCore
import HubDatabase

extension CollectionService {
    package enum Order: String, Sendable, CaseIterable {
        case lastModified
        case trending
        case upvotes
    }

    /// Which collections are asked for.
    package struct Query: Sendable {
        /// Those of any of these; empty is everybody.
        package var owners: [String] = []

        /// Those that hold any of these, written `models/owner/name`; empty is whatever they hold.
        package var items: [String] = []
        package var order = Order.lastModified

        package init() {}
    }

    /// A collection in a list shows its first items only.
    private static let itemsInList = 4

    /// Seconds for which a recommendation counts as a trend.
    private static let trend: Int64 = 7 * 86_400

    /// The collections the caller may see.
    ///
    /// - Parameter page: `after` counts the collections to skip.
    package func list(
        _ query: Query,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<HubCollection> {
        let since = now.seconds - Self.trend
        return try await database.read { connection in
            let visible = Access.VisibleCollections(to: caller)
            var conditions = [visible.condition]
            var values: [any SQLValueConvertible] = [caller.user?.id, caller.user?.id] + visible.values
            if !query.owners.isEmpty {
                conditions.append("account.name_key IN (\(Self.places(query.owners.count)))")
                values += query.owners.map { $0.lowercased() as any SQLValueConvertible }
            }
            if !query.items.isEmpty {
                let targets = try query.items.compactMap { try Self.target($0, for: caller, in: connection) }
                guard !targets.isEmpty else { return RowPage(items: [], next: nil) }
                let matches = targets.map { _ in "(collection_item.kind = ? AND collection_item.target = ?)" }
                conditions.append(
                    """
                    EXISTS (SELECT 1 FROM collection_item WHERE collection_item.collection_id = collection.id
                            AND (\(matches.joined(separator: " OR "))))
                    """)
                for target in targets { values += [target.kind, target.text] }
            }
            let order: String
            switch query.order {
            case .lastModified: order = "collection.updated_at DESC"
            case .upvotes:
                order =
                    "(SELECT COUNT(*) FROM collection_upvote WHERE collection_upvote.collection_id = collection.id) DESC"
            case .trending:
                order = """
                    (SELECT COUNT(*) FROM collection_upvote WHERE collection_upvote.collection_id = collection.id
                     AND collection_upvote.created_at > ?) DESC
                    """
                values.append(since)
            }
            let rows = try connection.query(
                "\(HubCollection.selection) WHERE \(conditions.joined(separator: " AND ")) "
                    + "ORDER BY \(order), collection.id DESC LIMIT ? OFFSET ?",
                values + [page.limit + 1, page.start])
            var seen: [Int64: [Int64]] = [:]  // by owner
            let collections = try rows.prefix(page.limit).map { row in
                var collection = try HubCollection(row)
                let owner = collection.owner.id
                let order = try seen[owner] ?? HubCollection.seen(of: owner, by: caller, in: connection)
                seen[owner] = order
                collection.count(among: order)
                try collection.readItems(limit: Self.itemsInList, for: caller, in: connection)
                return collection
            }
            return RowPage(
                items: collections, next: rows.count > page.limit ? page.start + Int64(page.limit) : nil)
        }
    }

    private static func places(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }

    /// What a filter such as `models/owner/name` means; nil if there is no such thing for this caller.
    private static func target(
        _ text: String,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> (kind: String, text: String)? {
        guard let slash = text.firstIndex(of: "/"),
            let kind = HubCollection.ItemKind.allCases.first(where: { "\($0.rawValue)s" == text[..<slash] })
        else {
            throw HubError.invalid(
                "'\(text.prefix(100).filter { $0 != "\0" })' is not an item; expected models/OWNER/NAME or the like")
        }
        do {
            let target = try Target(kind, String(text[text.index(after: slash)...]), for: caller, in: connection)
            return (kind.rawValue, target.text)
        } catch is HubError {
            return nil
        }
    }
}
