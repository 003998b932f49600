import HubDatabase
import Testing

extension SQLDatabaseConformance {
    static let versions = [
        Self(rule: "the version is another one after each commit, and only then") { database, dialect in
            try await table(database, dialect, "a BIGINT")
            guard let start = try database.version() else { return }
            #expect(try database.version() == start)
            _ = try await count(database)
            #expect(try database.version() == start)
            try await database.write { connection in try connection.execute("INSERT INTO thing (a) VALUES (1)") }
            let after = try database.version()
            #expect(after != start)
            await #expect(throws: Abandoned.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (a) VALUES (2)")
                    throw Abandoned()
                }
            }
            #expect(try database.version() == after)
        }
    ]
}
