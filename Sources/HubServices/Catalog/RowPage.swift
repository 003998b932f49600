import HubDatabase

/// Which part of a long list is asked for.
package struct RowPageRequest: Sendable {
    /// The place the last page ended at; nil begins at the beginning.
    package let after: Int64?
    package let limit: Int

    package init(after: Int64? = nil, limit: Int) {
        self.after = after
        self.limit = limit
    }

    /// Below every row id, above it for lists that run backwards.
    var start: Int64 { after ?? 0 }
    var backwardsStart: Int64 { after ?? Int64.max }
}

/// One part of a list, in the order of the rows.
package struct RowPage<Item: Sendable>: Sendable {
    package let items: [Item]

    /// Where the next page begins; nil if this is the last.
    package let next: Int64?

    init(items: [Item], next: Int64?) {
        self.items = items
        self.next = next
    }

    /// Takes the rows of a query that asked for one row more than the page may hold; column 0 is the place in the list.
    init(_ rows: [SQLRow], limit: Int, _ item: (SQLRow) throws -> Item) throws {
        items = try rows.prefix(limit).map(item)
        next = rows.count > limit ? try rows[limit - 1].int64(0) : nil
    }
}
