import Foundation
import HubDatabase
import Testing

/// What another process does to the same file; `hubd admin` works on a running hub.
@Suite struct TwoProcessTests {
    @Test func `a write waits for the one of another process, and reads go on meanwhile`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in try connection.execute("CREATE TABLE thing (a BIGINT)") }
            let other = try OtherProcess(holdingWriteLockOn: path)
            let during = try await database.read { connection in
                try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0)
            }
            #expect(during == 0)
            async let written = database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (2)")
                return try connection.query("SELECT a FROM thing ORDER BY a").map { row in try row.int(0) }
            }
            try other.commit()
            #expect(try await written == [1, 2])
        }
    }

    @Test func `what another process began and did not commit was never there`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in try connection.execute("CREATE TABLE thing (a BIGINT)") }
            let other = try OtherProcess(holdingWriteLockOn: path)
            other.kill()
            let rows = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (2)")
                return try connection.query("SELECT a FROM thing").map { row in try row.int(0) }
            }
            #expect(rows == [2])
        }
    }
}

/// A process with an open write transaction on a database, in which it has inserted 1 into `thing`.
private struct OtherProcess {
    private static let program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO thing VALUES (1)")
        print("locked", flush=True)
        sys.stdin.readline()
        connection.execute("COMMIT")
        """

    private let process = Process()
    private let input = Pipe()

    init(holdingWriteLockOn path: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", Self.program, path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        _ = output.fileHandleForReading.availableData
    }

    func commit() throws {
        try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        process.waitUntilExit()
    }

    func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
