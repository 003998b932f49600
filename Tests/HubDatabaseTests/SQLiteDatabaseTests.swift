import Foundation
import HubDatabase
import HubTestSupport
import Testing

@Suite struct SQLiteDatabaseTests {
    @Test(arguments: SQLDatabaseConformance.all)
    func `keeps the rule`(_ conformance: SQLDatabaseConformance) async throws {
        try await withDatabase { database, _ in try await conformance.check(database, .sqlite) }
    }

    @Test func `a database survives being closed and opened again`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in
                try connection.execute("CREATE TABLE thing (a TEXT)")
                try connection.execute("INSERT INTO thing VALUES ('kept')")
            }
            try database.close()
            let again = try SQLiteDatabase(path: path)
            let kept = try await again.read { connection in try connection.queryOne("SELECT a FROM thing")?.string(0) }
            #expect(kept == "kept")
            try again.close()
        }
    }

    @Test func `every commit is synced into a write-ahead log`() async throws {
        try await withDatabase { database, _ in
            let modes = try await database.write { connection in
                [
                    try connection.queryOne("PRAGMA journal_mode")?.values[0],
                    try connection.queryOne("PRAGMA synchronous")?.values[0],
                ]
            }
            #expect(modes == [.text("wal"), .integer(2)])
        }
    }

    @Test func `a backup holds what was committed and opens by itself`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in
                try connection.execute("CREATE TABLE thing (a BIGINT)")
                try connection.execute("INSERT INTO thing VALUES (7)")
            }
            try await database.backUp(to: path + ".backup")
            let copy = try SQLiteDatabase(path: path + ".backup")
            let value = try await copy.read { connection in try connection.queryOne("SELECT a FROM thing")?.int(0) }
            #expect(value == 7)
            try copy.close()
        }
    }

    @Test func `a sound database has no problem to tell`() async throws {
        try await withDatabase { database, _ in
            let problem = try await database.integrityProblem()
            #expect(problem == nil)
        }
    }

    @Test func `a file that is no database is refused`() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).db").path
        try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(throws: SQLError.self) { try SQLiteDatabase(path: path) }
    }

    @Test func `a database in a folder that is not there is refused`() {
        #expect(throws: SQLError.self) { try SQLiteDatabase(path: "/nowhere/at/all/hub.db") }
    }
}

/// Lends a new database in a folder of its own, which is gone afterwards.
func withDatabase(_ body: (SQLiteDatabase, _ path: String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hub-database-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appending(path: "hub.db").path
    try await body(SQLiteDatabase(path: path), path)
}
