/// The hub's records, kept by whichever SQL database is configured.
///
/// The connection exists only inside the closure, which is one transaction: it commits when the closure returns
/// and leaves nothing behind when it throws. All SQL is plain and portable (`?` for values, `ON CONFLICT`,
/// `RETURNING`, common table expressions); `SQLDatabaseConformance` in HubTestSupport is the full contract.
package protocol SQLDatabase: Sendable {
    /// Runs `body` on a snapshot of the database, on a thread that may block.
    ///
    /// Any number of reads run beside each other and beside the one write.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Result
    ) async throws -> Result

    /// Runs `body` in a transaction that may change the database, on a thread that may block.
    ///
    /// When it returns without throwing, the change is durable.
    @discardableResult
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Result
    ) async throws -> Result

    /// A number that is another one as soon as anything was committed, by this process or by another.
    ///
    /// What was read after it was asked for is still true while it stays the same. Costs microseconds and does not wait
    /// for a write; nil if the database cannot tell so cheaply.
    func version() throws -> Int64?
}

/// One open transaction, lent to a `read` or `write` closure.
///
/// It must not leave the closure.
package protocol SQLConnection: AnyObject {
    /// How this database spells what is not portable.
    var dialect: SQLDialect { get }

    /// Runs one statement and returns the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ values: [any SQLValueConvertible]) throws -> Int

    /// Runs one query and hands over its rows in order, until `body` returns false.
    func forEachRow(
        of sql: String,
        _ values: [any SQLValueConvertible],
        _ body: (SQLRow) throws -> Bool
    ) throws
}

extension SQLConnection {
    @discardableResult
    package func execute(_ sql: String) throws -> Int { try execute(sql, []) }

    /// All rows of a query whose result is known to be small.
    package func query(_ sql: String, _ values: [any SQLValueConvertible] = []) throws -> [SQLRow] {
        var rows: [SQLRow] = []
        try forEachRow(of: sql, values) { row in
            rows.append(row)
            return true
        }
        return rows
    }

    /// The first row of a query, or nil.
    package func queryOne(_ sql: String, _ values: [any SQLValueConvertible] = []) throws -> SQLRow? {
        var first: SQLRow?
        try forEachRow(of: sql, values) { row in
            first = row
            return false
        }
        return first
    }
}

/// What went wrong in the database, as far as a caller does something different.
package enum SQLError: Error, Equatable {
    /// A unique or primary key, or a check, refused the row.
    case constraint(String)
    /// The disk is full, or the database's size limit is reached.
    case full(String)
    /// Another process held the write lock for too long.
    case busy(String)
    case other(String)
}

extension SQLError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .constraint(let message), .full(let message), .busy(let message), .other(let message): message
        }
    }
}
