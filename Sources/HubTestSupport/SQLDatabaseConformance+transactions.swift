import HubDatabase
import Testing

extension SQLDatabaseConformance {
    static let transactions = [
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
}
