/// One step of the schema.
///
/// Steps are only ever appended: a released one never changes.
///
/// Each store declares its own steps; hubd applies all of them at start, in the order given.
package struct Migration: Sendable {
    /// A name that is unique for all time, `store-NNN-what`.
    package let id: String

    /// The statements, in order.
    ///
    /// `{identity}` stands for a 64-bit primary key the database assigns and never reuses, `{blob}` for a column
    /// of bytes, and `{fulltext NAME COLUMN, COLUMN}`, alone in its statement, makes a table of texts that are found
    /// by their words: what SQL databases spell differently.
    package let statements: [String]

    package init(_ id: String, _ statements: [String]) {
        self.id = id
        self.statements = statements
    }
}

extension SQLDatabase {
    /// Applies the migrations that have not been applied yet, each in a transaction of its own.
    ///
    /// Refuses a database that knows migrations this program does not: it was written by a newer hubd.
    package func migrate(_ migrations: [Migration], dialect: SQLDialect) async throws {
        let applied = try await write { connection in
            try connection.execute(
                "CREATE TABLE IF NOT EXISTS schema_migration (id TEXT PRIMARY KEY, position BIGINT NOT NULL)")
            return try connection.query("SELECT id FROM schema_migration").map { row in try row.string(0) }
        }
        let unknown = Set(applied).subtracting(migrations.map(\.id)).sorted()
        guard unknown.isEmpty else {
            throw SQLError.other(
                "the database was written by a newer hubd (it has \(unknown.joined(separator: ", "))); "
                    + "start that version, or restore a backup")
        }
        let known = Set(applied)
        for (position, migration) in migrations.enumerated() where !known.contains(migration.id) {
            try await write { connection in
                // Another hubd may have started at the same moment and been here first.
                let done = try connection.queryOne("SELECT id FROM schema_migration WHERE id = ?", [migration.id])
                guard done == nil else { return }
                for statement in migration.statements { try connection.execute(dialect.spell(statement)) }
                try connection.execute(
                    "INSERT INTO schema_migration (id, position) VALUES (?, ?)", [migration.id, position])
            }
        }
    }
}
