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
        let error = #expect(throws: SQLError.self) { try SQLiteDatabase(path: path) }
        #expect("\(error, default: "")".hasPrefix("the database '\(path)' is damaged, or no database at all"))
    }

    @Test func `a database in a folder that is not there is refused`() {
        let error = #expect(throws: SQLError.self) { try SQLiteDatabase(path: "/nowhere/at/all/hub.db") }
        #expect("\(error, default: "")".hasPrefix("the database '/nowhere/at/all/hub.db' cannot be opened"))
    }

    @Test func `a full database is told by the file's name`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in
                try connection.execute("CREATE TABLE thing (a BLOB)")
                _ = try connection.query("PRAGMA max_page_count = 3")
            }
            let error = await #expect(throws: SQLError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO thing VALUES (?)", [[UInt8](repeating: 1, count: 1 << 20)])
                }
            }
            #expect({ if case .full? = error { true } else { false } }())
            let sentence = "\(error, default: "")"
            #expect(sentence.contains("the disk is full") && sentence.contains("'\(path)'"))
        }
    }

    @Test func `a write to a database that is open to be read only is told by the file's name`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in try connection.execute("CREATE TABLE thing (a TEXT)") }
            let reader = try SQLiteDatabase(readingFrom: path)
            let error = await #expect(throws: SQLError.self) {
                try await reader.write { connection in try connection.execute("INSERT INTO thing VALUES ('x')") }
            }
            #expect("\(error, default: "")".hasPrefix("the database '\(path)' cannot be written by this user"))
            try reader.close()
        }
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
