import HubCore
import HubDatabase

/// A list that somebody put together, as one caller sees it.
package struct HubCollection: Sendable {
    /// What an item may be.
    package enum ItemKind: String, Sendable, CaseIterable {
        case model
        case dataset
        case space
        case kernel

        /// Known by its number alone; the hub keeps no papers.
        case paper
        case collection

        var repository: RepositoryID.Kind? { RepositoryID.Kind(rawValue: rawValue) }
    }

    package struct Item: Sendable {
        package let id: Int64
        package let kind: ItemKind

        /// `owner/name` of a repository, the number of a paper, the slug of a collection.
        package let name: String
        package let isPrivate: Bool
        package let note: String?

        /// Counted from 0 among those the caller may see.
        package let position: Int
    }

    package let rowID: Int64

    /// 24 hex digits that never change, whatever the title.
    package let key: String
    package let owner: PeopleService.Person
    package let title: String
    package let titleSlug: String
    package let description: String?
    package let theme: String
    package let isPrivate: Bool

    /// Its place among those of the owner that the caller may see, counted from 0.
    package private(set) var position: Int

    /// Unix seconds.
    package let updatedAt: Int64
    package let upvotes: Int
    package let isUpvoted: Bool

    /// Those the caller may see, in order.
    package var items: [Item] = []

    /// `owner/title-key`, the name in URLs.
    package var slug: String { "\(owner.name)/\(titleSlug)-\(key)" }

    package static let themes = ["orange", "blue", "green", "purple", "pink", "indigo"]

    /// The words of a title with what no URL needs to escape; `collection` if there is nothing left.
    static func slug(of title: String) -> String {
        let letters = title.lowercased().unicodeScalars.map { scalar -> Character in
            let isPlain = ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar)
            return isPlain ? Character(scalar) : "-"
        }
        let words = String(letters).split(separator: "-").joined(separator: "-").prefix(60)
        let slug = words.hasSuffix("-") ? words.dropLast() : words
        return slug.isEmpty ? "collection" : String(slug)
    }
}

extension HubCollection {
    /// Every query over `collection` reads these; the first two values bound are the caller's row id.
    static let selection = """
        SELECT collection.id, collection.public_key, collection.title, collection.slug, collection.description,
               collection.theme, collection.is_private, collection.position, collection.updated_at,
               (SELECT COUNT(*) FROM collection_upvote WHERE collection_upvote.collection_id = collection.id),
               EXISTS (SELECT 1 FROM collection_upvote WHERE collection_upvote.collection_id = collection.id
                       AND collection_upvote.user_id = ?),
               \(PeopleService.personColumns)
        FROM collection JOIN account ON account.id = collection.owner_id
        """

    init(_ row: SQLRow) throws {
        rowID = try row.int64(0)
        key = try row.string(1)
        title = try row.string(2)
        titleSlug = try row.string(3)
        description = try row.optional(4, row.string)
        theme = try row.string(5)
        isPrivate = try row.bool(6)
        position = try row.int(7)
        updatedAt = try row.int64(8)
        upvotes = try row.int(9)
        isUpvoted = try row.bool(10)
        owner = try PeopleService.Person(row, from: 11)
    }

    /// The collection a slug means, whatever the title in it says, if the caller may see it.
    static func find(
        _ slug: CollectionSlug,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> HubCollection {
        let row = try connection.queryOne(
            selection + " WHERE collection.public_key = ? AND account.name_key = ?",
            [caller.user?.id, caller.user?.id, slug.key, slug.owner.lowercased()])
        guard var collection = try row.map(HubCollection.init),
            try Access.mayRead(collection, caller, in: connection)
        else { throw HubError.notFound("there is no collection \(slug.text)") }
        try collection.count(for: caller, in: connection)
        return collection
    }

    /// Counts the place anew, so that it does not tell of collections the caller may not see.
    mutating func count(for caller: Caller, in connection: any SQLConnection) throws {
        count(among: try Self.seen(of: owner.id, by: caller, in: connection))
    }

    mutating func count(among seen: [Int64]) { position = seen.firstIndex(of: rowID) ?? 0 }

    /// The collections of an owner that the caller may see, in their order.
    static func seen(of owner: Int64, by caller: Caller, in connection: any SQLConnection) throws -> [Int64] {
        let visible = Access.VisibleCollections(to: caller)
        return try connection.query(
            "SELECT collection.id FROM collection WHERE collection.owner_id = ? AND \(visible.condition) "
                + "ORDER BY collection.position, collection.id", [owner] + visible.values
        ).map { row in try row.int64(0) }
    }

    /// Reads the items that the caller may see.
    mutating func readItems(limit: Int, for caller: Caller, in connection: any SQLConnection) throws {
        let visible = Access.visibility(for: caller)
        let rows = try connection.query(
            """
            SELECT collection_item.id, collection_item.kind, collection_item.target, collection_item.note,
                   owner.name, repository.name, repository.visibility
            FROM collection_item
            LEFT JOIN repository ON repository.id = collection_item.repository_id
            LEFT JOIN account AS owner ON owner.id = repository.owner_id
            WHERE collection_item.collection_id = ?
              AND (collection_item.repository_id IS NULL OR \(visible.condition))
            ORDER BY collection_item.position, collection_item.id LIMIT ?
            """, [rowID] + visible.values + [limit])
        for row in rows {
            guard let kind = ItemKind(rawValue: try row.string(1)) else { continue }
            if let item = try Item(row, kind, at: items.count, for: caller, in: connection) { items.append(item) }
        }
    }
}

extension HubCollection.Item {
    fileprivate init?(
        _ row: SQLRow,
        _ kind: HubCollection.ItemKind,
        at position: Int,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws {
        id = try row.int64(0)
        self.kind = kind
        note = try row.optional(3, row.string)
        self.position = position
        switch kind {
        case .model, .dataset, .space, .kernel:
            name = "\(try row.string(4))/\(try row.string(5))"
            isPrivate = try row.string(6) != RepositoryRecord.Visibility.public.rawValue
        case .paper:
            name = try row.string(2)
            isPrivate = false
        case .collection:
            let other = try connection.queryOne(
                HubCollection.selection + " WHERE collection.public_key = ?",
                [caller.user?.id, caller.user?.id, row.string(2)])
            guard let other = try other.map(HubCollection.init), try Access.mayRead(other, caller, in: connection)
            else { return nil }
            name = other.slug
            isPrivate = other.isPrivate
        }
    }
}
