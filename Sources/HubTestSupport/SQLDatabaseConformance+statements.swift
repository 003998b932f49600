import HubDatabase
import Testing

extension SQLDatabaseConformance {
    static let statements = [
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
        Self(rule: "a query may run inside the loop over itself") { database, dialect in
            try await table(database, dialect, "id BIGINT PRIMARY KEY, parent BIGINT")
            let seen = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (1, 0), (2, 0), (3, 1), (4, 2)")
                let children = "SELECT id FROM thing WHERE parent = ? ORDER BY id"
                var seen: [Int] = []
                try connection.forEachRow(of: children, [0]) { outer in
                    seen.append(try outer.int(0))
                    seen += try connection.query(children, [try outer.int(0)]).map { row in try row.int(0) }
                    return true
                }
                return seen
            }
            #expect(seen == [1, 3, 2, 4])
        },
        Self(rule: "a query that was left early starts anew the next time") { database, dialect in
            try await table(database, dialect, "a BIGINT")
            let firsts = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (1), (2)")
                let query = "SELECT a FROM thing ORDER BY a"
                return [try connection.queryOne(query)?.int(0), try connection.queryOne(query)?.int(0)]
            }
            #expect(firsts == [1, 1])
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
}
