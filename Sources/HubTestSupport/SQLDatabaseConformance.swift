import HubCore
package import HubDatabase
import Testing

/// The contract of ``SQLDatabase``: rules that every driver keeps, each run on a new, empty database.
package struct SQLDatabaseConformance: Sendable, CustomTestStringConvertible {
    /// The rule as a sentence that could be false.
    package let rule: String
    package let check: @Sendable (any SQLDatabase, SQLDialect) async throws -> Void

    package var testDescription: String { rule }

    package static let all = transactions + values + statements + migrations

    private struct Abandoned: Error {}

    private static func table(_ database: any SQLDatabase, _ dialect: SQLDialect, _ columns: String) async throws {
        let statement = dialect.spell("CREATE TABLE thing (\(columns))")
        try await database.write { connection in try connection.execute(statement) }
    }

    private static func count(_ database: any SQLDatabase) async throws -> Int? {
        try await database.read { connection in try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0) }
    }

    // MARK: Transactions

    private static let transactions = [
        Self(rule: "a write that throws leaves nothing behind") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY")
            await #expect(throws: Abandoned.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    throw Abandoned()
                }
            }
            #expect(try await count(database) == 0)
        },
        Self(rule: "a write that fails in the database leaves nothing behind") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY")
            await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                    try connection.execute("INSERT INTO thing (id) VALUES (1)")
                }
            }
            #expect(try await count(database) == 0)
        },
        Self(rule: "a write sees its own changes, and they are there for the next read") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY")
            let inside = try await database.write { connection in
                try connection.execute("INSERT INTO thing (id) VALUES (1)")
                return try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0)
            }
            #expect(inside == 1)
            #expect(try await count(database) == 1)
        },
        Self(rule: "a read keeps its snapshot while a write commits beside it") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY")
            let (opened, sayOpened) = AsyncStream<Void>.makeStream()
            let gate = Gate()
            async let seen = database.read { connection in
                let before = try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0)
                sayOpened.finish()
                gate.wait()
                return [before, try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0)]
            }
            for await _ in opened {}
            try await database.write { connection in try connection.execute("INSERT INTO thing (id) VALUES (1)") }
            gate.open()
            #expect(try await seen == [0, 0])
            #expect(try await count(database) == 1)
        },
        Self(rule: "writes that race for one row all count") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY, n BIGINT NOT NULL")
            try await database.write { connection in try connection.execute("INSERT INTO thing VALUES (1, 0)") }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await database.write { connection in
                            let n = try connection.queryOne("SELECT n FROM thing")?.int(0) ?? 0
                            try connection.execute("UPDATE thing SET n = ?", [n + 1])
                        }
                    }
                }
                try await group.waitForAll()
            }
            let n = try await database.read { connection in try connection.queryOne("SELECT n FROM thing")?.int(0) }
            #expect(n == 20)
        },
        Self(rule: "a read cannot change anything") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY")
            await #expect(throws: SQLError.self) {
                try await database.read { connection in try connection.execute("INSERT INTO thing (id) VALUES (1)") }
            }
            #expect(try await count(database) == 0)
        },
    ]

    // MARK: Values

    private static let values = [
        Self(rule: "every kind of value comes back as it went in") { database, dialect in
            try await table(database, dialect, "a BIGINT, b DOUBLE PRECISION, c TEXT, d {blob}, e TEXT")
            let row: [SQLValue] = [
                .integer(.min), .real(-0.1), .text("naïve 🙂 'quoted' \n"), .blob([0, 255, 0]), .null,
            ]
            try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (?, ?, ?, ?, ?)", row)
            }
            let back = try await database.read { connection in try connection.queryOne("SELECT * FROM thing") }
            #expect(back?.values == row)
        },
        Self(rule: "empty text and an empty blob are not null") { database, dialect in
            try await table(database, dialect, "a TEXT NOT NULL, b {blob} NOT NULL")
            try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (?, ?)", ["", [UInt8]()])
            }
            let back = try await database.read { connection in try connection.queryOne("SELECT a, b FROM thing") }
            #expect(back?.values == [.text(""), .blob([])])
        },
        Self(rule: "text with a zero byte is refused, never cut") { database, dialect in
            try await table(database, dialect, "a TEXT")
            await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing VALUES (?)", ["before\0after"])
                }
            }
            #expect(try await count(database) == 0)
        },
        Self(rule: "a value is never read as SQL") { database, dialect in
            try await table(database, dialect, "a TEXT")
            let text = "x'); DROP TABLE thing; --"
            try await database.write { connection in try connection.execute("INSERT INTO thing VALUES (?)", [text]) }
            let back = try await database.read { connection in
                try connection.queryOne("SELECT a FROM thing WHERE a = ?", [text])?.string(0)
            }
            #expect(back == text)
        },
        Self(rule: "the hub's ids bind and read back") { database, dialect in
            try await table(database, dialect, "a {blob}, b {blob}, c {blob}, d TEXT, e BIGINT")
            let bytes = Array(UInt8(0)..<32)
            let digest = try #require(ContentDigest(bytes: bytes))
            let hash = try #require(XetHash(bytes: bytes))
            let id = try #require(ObjectID(bytes: bytes.prefix(20)))
            try await database.write { connection in
                try connection.execute(
                    "INSERT INTO thing VALUES (?, ?, ?, ?, ?)", [digest, hash, id, RefName.main, true])
            }
            let found = try await database.read { connection in
                try connection.queryOne("SELECT * FROM thing WHERE a = ? AND c = ?", [digest, id])
            }
            let row = try #require(found)
            #expect(try row.contentDigest(0) == digest)
            #expect(try row.xetHash(1) == hash)
            #expect(try row.objectID(2) == id)
            #expect(try row.string(3) == "refs/heads/main")
            #expect(try row.bool(4))
        },
        Self(rule: "a large blob comes back whole") { database, dialect in
            try await table(database, dialect, "a {blob}")
            let bytes = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try await database.write { connection in try connection.execute("INSERT INTO thing VALUES (?)", [bytes]) }
            let back = try await database.read { connection in try connection.queryOne("SELECT a FROM thing")?.blob(0) }
            #expect(back == bytes)
        },
        Self(rule: "a column of another type is an error, not a guess") { database, dialect in
            try await table(database, dialect, "a TEXT, b BIGINT")
            try await database.write { connection in try connection.execute("INSERT INTO thing VALUES ('1', NULL)") }
            let found = try await database.read { connection in try connection.queryOne("SELECT a, b FROM thing") }
            let row = try #require(found)
            #expect(throws: SQLError.self) { try row.int64(0) }
            #expect(throws: SQLError.self) { try row.string(1) }
            #expect(throws: SQLError.self) { try row.contentDigest(0) }
            #expect(try row.optional(1, row.int64) == nil)
        },
    ]

    // MARK: Statements

    private static let statements = [
        Self(rule: "a row that breaks a constraint is refused as one") { database, dialect in
            try await table(database, dialect, "a TEXT NOT NULL UNIQUE, b BIGINT CHECK (b > 0)")
            try await database.write { connection in try connection.execute("INSERT INTO thing VALUES ('x', 1)") }
            for statement in [
                "INSERT INTO thing VALUES ('x', 1)", "INSERT INTO thing VALUES (NULL, 1)",
                "INSERT INTO thing VALUES ('y', 0)",
            ] {
                let error = await #expect(throws: SQLError.self) {
                    try await database.write { connection in try connection.execute(statement) }
                }
                #expect(error.map(isConstraint) == true, "\(statement)")
            }
        },
        Self(rule: "a row that names an absent row is refused") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY, of BIGINT REFERENCES thing (id)")
            await #expect(throws: SQLError.self) {
                try await database.write { connection in try connection.execute("INSERT INTO thing VALUES (1, 99)") }
            }
            #expect(try await count(database) == 0)
        },
        Self(rule: "a statement tells how many rows it changed") { database, dialect in
            try await table(database, dialect, "a BIGINT")
            let counts = try await database.write { connection in
                [
                    try connection.execute("INSERT INTO thing VALUES (1), (2), (3)"),
                    try connection.execute("UPDATE thing SET a = 0 WHERE a > 1"),
                    try connection.execute("UPDATE thing SET a = 0 WHERE a > 100"),
                    try connection.execute("DELETE FROM thing"),
                    try connection.execute("CREATE TABLE other (a BIGINT)"),
                ]
            }
            #expect(counts == [3, 2, 0, 3, 0])
        },
        Self(rule: "RETURNING hands over what was written, even when only the first row is taken") {
            database, dialect in
            try await table(database, dialect, "id {identity}, a TEXT")
            let ids = try await database.write { connection in
                [
                    try connection.queryOne("INSERT INTO thing (a) VALUES ('x') RETURNING id")?.int(0),
                    try connection.queryOne("INSERT INTO thing (a) VALUES ('y'), ('z') RETURNING id")?.int(0),
                ]
            }
            #expect(ids == [1, 2])
            #expect(try await count(database) == 3)
        },
        Self(rule: "the identity of a deleted row is never given again") { database, dialect in
            try await table(database, dialect, "id {identity}, a TEXT")
            let id = try await database.write { connection in
                try connection.execute("INSERT INTO thing (a) VALUES ('x'), ('y')")
                try connection.execute("DELETE FROM thing")
                return try connection.queryOne("INSERT INTO thing (a) VALUES ('z') RETURNING id")?.int(0)
            }
            #expect(id == 3)
        },
        Self(rule: "ON CONFLICT updates or does nothing, as it says") { database, dialect in
            try await table(database, dialect, "k TEXT PRIMARY KEY, n BIGINT NOT NULL")
            let rows = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES ('a', 1)")
                try connection.execute("INSERT INTO thing VALUES ('a', 5) ON CONFLICT (k) DO NOTHING")
                try connection.execute(
                    "INSERT INTO thing VALUES ('a', 2) ON CONFLICT (k) DO UPDATE SET n = thing.n + excluded.n")
                return try connection.query("SELECT k, n FROM thing").map(\.values)
            }
            #expect(rows == [[.text("a"), .integer(3)]])
        },
        Self(rule: "common table expressions can walk a chain") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY, parent BIGINT")
            let chain = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (1, NULL), (2, 1), (3, 2), (9, NULL)")
                return try connection.query(
                    """
                    WITH RECURSIVE up (id, parent) AS (
                        SELECT id, parent FROM thing WHERE id = ?
                        UNION SELECT thing.id, thing.parent FROM thing JOIN up ON thing.id = up.parent)
                    SELECT id FROM up ORDER BY id
                    """,
                    [3]
                ).map { row in try row.int(0) }
            }
            #expect(chain == [1, 2, 3])
        },
        Self(rule: "a query may run and write inside the loop over another") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY, n BIGINT NOT NULL")
            let sum = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (1, 10), (2, 20), (3, 30)")
                var sum = 0
                try connection.forEachRow(of: "SELECT id FROM thing ORDER BY id", []) { outer in
                    let id = try outer.int(0)
                    sum += try connection.queryOne("SELECT n FROM thing WHERE id = ?", [id])?.int(0) ?? 0
                    try connection.execute("UPDATE thing SET n = 0 WHERE id = ?", [id])
                    return true
                }
                return sum
            }
            #expect(sum == 60)
        },
        Self(rule: "rows come in the order asked for, until the reader has enough") { database, dialect in
            try await table(database, dialect, "a BIGINT")
            let seen = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (3), (1), (2)")
                var seen: [Int] = []
                try connection.forEachRow(of: "SELECT a FROM thing ORDER BY a", []) { row in
                    seen.append(try row.int(0))
                    return seen.count < 2
                }
                return seen
            }
            #expect(seen == [1, 2])
        },
        Self(rule: "nonsense is an error, and the next statement works") { database, dialect in
            try await table(database, dialect, "a BIGINT")
            await #expect(throws: SQLError.self) {
                try await database.read { connection in try connection.query("SELECT nothing FROM nowhere") }
            }
            #expect(try await count(database) == 0)
        },
    ]

    private static func isConstraint(_ error: SQLError) -> Bool {
        guard case .constraint = error else { return false }
        return true
    }

    // MARK: Migrations

    private static let first = Migration("test-001-thing", ["CREATE TABLE thing (id {identity}, a {blob})"])
    private static let second = Migration("test-002-more", ["ALTER TABLE thing ADD COLUMN b TEXT"])

    private static let migrations = [
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
