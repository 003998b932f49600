internal import GRDB

/// A GRDB transaction seen through the seam.
final class SQLiteConnection: SQLConnection {
    private let database: Database

    /// The file, for sentences.
    private let path: String

    init(_ database: Database, of path: String) {
        self.database = database
        self.path = path
    }

    var dialect: SQLDialect { .sqlite }

    func execute(_ sql: String, _ values: [any SQLValueConvertible]) throws -> Int {
        try translating {
            let before = database.totalChangesCount
            if Self.changesRows(sql) {
                let query = try SQLiteQuery(statement(sql), of: database, at: path, values)
                while try query.next() != nil {}
            } else if values.isEmpty {
                try database.execute(sql: sql)
            } else {
                throw SQLError.other("only statements that change rows take values")
            }
            // The count of the last statement stays when this one changes no rows at all, such as CREATE TABLE.
            return database.totalChangesCount == before ? 0 : database.changesCount
        }
    }

    func forEachRow(
        of sql: String,
        _ values: [any SQLValueConvertible],
        _ body: (SQLRow) throws -> Bool
    ) throws {
        try translating {
            let query = try SQLiteQuery(statement(sql), of: database, at: path, values)
            while let row = try query.next() {
                guard try body(row) else { return }
            }
        }
    }

    /// A prepared statement for `sql` that no outer loop is running.
    private func statement(_ sql: String) throws -> Statement {
        let statement = try database.cachedStatement(sql: sql)
        return SQLiteQuery.isRunning(statement) ? try database.makeStatement(sql: sql) : statement
    }

    private static func changesRows(_ sql: String) -> Bool {
        ["INSERT", "UPDATE", "DELETE", "WITH"].contains { sql.hasPrefix($0) }
    }

    private func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw SQLError(error, in: path)
        }
    }
}
