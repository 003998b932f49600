package import HubDatabase
import Testing

/// The contract of ``SQLDatabase``: rules that every driver keeps, each run on a new, empty database.
package struct SQLDatabaseConformance: Sendable, CustomTestStringConvertible {
    /// The rule as a sentence that could be false.
    package let rule: String
    package let check: @Sendable (any SQLDatabase, SQLDialect) async throws -> Void

    package var testDescription: String { rule }

    package static let all = transactions + values + statements + migrations + versions + fullText

    struct Abandoned: Error {}

    static func table(_ database: any SQLDatabase, _ dialect: SQLDialect, _ columns: String) async throws {
        let statement = dialect.spell("CREATE TABLE thing (\(columns))")
        try await database.write { connection in try connection.execute(statement) }
    }

    static func count(_ database: any SQLDatabase) async throws -> Int? {
        try await database.read { connection in try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0) }
    }
}
