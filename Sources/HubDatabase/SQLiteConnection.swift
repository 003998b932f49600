import Foundation
internal import GRDB

/// A GRDB transaction seen through the seam.
final class SQLiteConnection: SQLConnection {
    private let database: Database

    init(_ database: Database) { self.database = database }

    func execute(_ sql: String, _ values: [any SQLValueConvertible]) throws -> Int {
        try translating {
            let statement = try database.cachedStatement(sql: sql)
            try statement.execute(arguments: arguments(values))
            return database.changesCount
        }
    }

    func forEachRow(
        of sql: String,
        _ values: [any SQLValueConvertible],
        _ body: (SQLRow) throws -> Bool
    ) throws {
        try translating {
            // A cached statement may be in use by an outer loop over the same query, so each loop has its own.
            let statement = try database.makeStatement(sql: sql)
            let rows = try Row.fetchCursor(statement, arguments: arguments(values))
            while let row = try rows.next() {
                guard try body(SQLRow(row)) else { return }
            }
        }
    }

    private func arguments(_ values: [any SQLValueConvertible]) -> StatementArguments {
        StatementArguments(values.map { DatabaseValue($0.sqlValue) })
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
