internal import GRDB
internal import GRDBSQLite
import HubCore

/// One run of a prepared statement.
///
/// It speaks to SQLite itself: clones read and pushes write tens of thousands of rows, whose values would otherwise be
/// wrapped and copied twice on the way.
@safe final class SQLiteQuery {
    private let statement: SQLiteStatement

    /// Ends the statement when it goes.
    private let owner: Statement
    private let database: Database
    private let path: String
    private let columns: Int32

    /// - Parameter statement: Not running, and none that changes the schema, which GRDB must hear of.
    init(
        _ statement: Statement,
        of database: Database,
        at path: String,
        _ values: [any SQLValueConvertible]
    ) throws {
        unsafe self.statement = unsafe statement.sqliteStatement
        owner = statement
        self.database = database
        self.path = path
        columns = unsafe sqlite3_column_count(self.statement)
        guard unsafe Int(sqlite3_bind_parameter_count(self.statement)) == values.count else {
            throw SQLError.other("a statement was given \(values.count) values, which is not what it takes")
        }
        for (index, value) in values.enumerated() { try bind(value.sqlValue, at: Int32(index + 1)) }
    }

    deinit {
        unsafe sqlite3_reset(statement)
        unsafe sqlite3_clear_bindings(statement)
    }

    /// Tells SQLite to take a copy of what is bound.
    private static let copied = unsafe unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// Whether a prepared statement is between two of its rows.
    static func isRunning(_ statement: Statement) -> Bool {
        unsafe sqlite3_stmt_busy(statement.sqliteStatement) != 0
    }

    /// The next row; nil behind the last.
    func next() throws -> SQLRow? {
        switch unsafe sqlite3_step(statement) {
        case SQLITE_ROW: SQLRow((0..<columns).map(value))
        case SQLITE_DONE: nil
        case let code: throw failure(code)
        }
    }

    private func value(_ column: Int32) -> SQLValue {
        switch unsafe sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return unsafe .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT: return unsafe .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            let text = unsafe sqlite3_column_text(statement, column)
            let length = unsafe Int(sqlite3_column_bytes(statement, column))
            return unsafe .text(String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF8.self))
        case SQLITE_BLOB:
            let bytes = unsafe sqlite3_column_blob(statement, column)
            let length = unsafe Int(sqlite3_column_bytes(statement, column))
            return unsafe .blob(Array(UnsafeRawBufferPointer(start: bytes, count: length)))
        default: return .null
        }
    }

    private func bind(_ value: SQLValue, at index: Int32) throws {
        let code =
            switch value {
            case .null: unsafe sqlite3_bind_null(statement, index)
            case .integer(let integer): unsafe sqlite3_bind_int64(statement, index, integer)
            case .real(let real): unsafe sqlite3_bind_double(statement, index, real)
            case .text(let text): try bind(text, at: index)
            case .blob(let bytes): bind(bytes, at: index)
            }
        guard code == SQLITE_OK else { throw failure(code) }
    }

    private func bind(_ text: String, at index: Int32) throws -> Int32 {
        guard !text.utf8.contains(0) else {
            throw SQLError.other("text with a zero byte in it cannot be stored")
        }
        return unsafe sqlite3_bind_text(statement, index, text, Int32(text.utf8.count), Self.copied)
    }

    private func bind(_ bytes: [UInt8], at index: Int32) -> Int32 {
        guard !bytes.isEmpty else { return unsafe sqlite3_bind_zeroblob(statement, index, 0) }
        return unsafe bytes.withUnsafeBytes { bytes in
            unsafe sqlite3_bind_blob64(statement, index, bytes.baseAddress, UInt64(bytes.count), Self.copied)
        }
    }

    private func failure(_ code: Int32) -> SQLError {
        let message = unsafe sqlite3_errmsg(database.sqliteConnection).map { unsafe String(cString: $0) }
        return SQLError(DatabaseError(resultCode: ResultCode(rawValue: code), message: message), in: path)
    }
}
