import Foundation
internal import GRDB

/// A GRDB transaction seen through the seam.
final class SQLiteConnection: SQLConnection {
    private let database: Database

    /// The queries whose rows are being handed over: their prepared statements are taken.
    private var running: Set<String> = []

    init(_ database: Database) { self.database = database }

    var dialect: SQLDialect { .sqlite }

    func execute(_ sql: String, _ values: [any SQLValueConvertible]) throws -> Int {
        try translating {
            let statement = try database.cachedStatement(sql: sql)
            let before = database.totalChangesCount
            try statement.execute(arguments: arguments(values))
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
            // The prepared statement may be in use by an outer loop over the same query; the inner one gets its own.
            let isFree = running.insert(sql).inserted
            defer { if isFree { running.remove(sql) } }
            let statement = try isFree ? database.cachedStatement(sql: sql) : database.makeStatement(sql: sql)
            let rows = try Row.fetchCursor(statement, arguments: arguments(values))
            while let row = try rows.next() {
                guard try body(SQLRow(row)) else { return }
            }
        }
    }

    private func arguments(_ values: [any SQLValueConvertible]) throws -> StatementArguments {
        let values = values.map(\.sqlValue)
        for case .text(let text) in values where text.utf8.contains(0) {
            throw SQLError.other("text with a zero byte in it cannot be stored")
        }
        return StatementArguments(values.map(DatabaseValue.init))
    }

    private func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw SQLError(error)
        }
    }
}

extension DatabaseValue {
    fileprivate init(_ value: SQLValue) {
        self =
            switch value {
            case .null: .null
            case .integer(let integer): integer.databaseValue
            case .real(let real): real.databaseValue
            case .text(let text): text.databaseValue
            case .blob(let bytes): Data(bytes).databaseValue
            }
    }
}

extension SQLRow {
    fileprivate init(_ row: Row) {
        self.init(
            row.databaseValues.map { value in
                switch value.storage {
                case .null: .null
                case .int64(let integer): .integer(integer)
                case .double(let real): .real(real)
                case .string(let text): .text(text)
                case .blob(let data): .blob([UInt8](data))
                }
            }
        )
    }
}
