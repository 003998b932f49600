import HubCore
import HubDatabase
import Testing

extension SQLDatabaseConformance {
    static let values = [
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
}
