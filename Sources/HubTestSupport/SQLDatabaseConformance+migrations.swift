import HubDatabase
import Testing

extension SQLDatabaseConformance {
    private static let first = Migration("test-001-thing", ["CREATE TABLE thing (id {identity}, a {blob})"])
    private static let second = Migration("test-002-more", ["ALTER TABLE thing ADD COLUMN b TEXT"])

    static let migrations = [
        Self(rule: "a migration runs once, and later ones are added to it") { database, dialect in
            try await database.migrate([first], dialect: dialect)
            try await database.write { connection in
                try connection.execute("INSERT INTO thing (a) VALUES (?)", [[UInt8]([1])])
            }
            try await database.migrate([first, second], dialect: dialect)
            try await database.migrate([first, second], dialect: dialect)
            let row = try await database.read { connection in try connection.queryOne("SELECT a, b FROM thing") }
            #expect(row?.values == [.blob([1]), .null])
        },
        Self(rule: "a migration that fails leaves the schema as it was") { database, dialect in
            try await database.migrate([first], dialect: dialect)
            let broken = Migration("test-002-more", ["ALTER TABLE thing ADD COLUMN b TEXT", "NONSENSE"])
            await #expect(throws: SQLError.self) { try await database.migrate([first, broken], dialect: dialect) }
            try await database.migrate([first, second], dialect: dialect)
            #expect(try await count(database) == 0)
        },
        Self(rule: "a database written by a newer program is refused by name") { database, dialect in
            try await database.migrate([first, second], dialect: dialect)
            let error = await #expect(throws: SQLError.self) { try await database.migrate([first], dialect: dialect) }
            let message = try #require(error.map { "\($0)" })
            #expect(message.contains("test-002-more"))
            #expect(message.contains("newer"))
        },
        Self(rule: "two that migrate at the same moment do it once") { database, dialect in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { try await database.migrate([first, second], dialect: dialect) }
                }
                try await group.waitForAll()
            }
            #expect(try await count(database) == 0)
        },
    ]
}
