import HubDatabase
import Subprocess
import Testing

/// What another process does to the same file; `hubd admin` works on a running hub.
@Suite struct TwoProcessTests {
    @Test func `a write waits for the one of another process, and reads go on meanwhile`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in try connection.execute("CREATE TABLE thing (a BIGINT)") }
            try await whileAnotherWrites(to: path) { other in
                let during = try await database.read { connection in
                    try connection.queryOne("SELECT COUNT(*) FROM thing")?.int(0)
                }
                #expect(during == 0)
                async let written = database.write { connection in
                    try connection.execute("INSERT INTO thing VALUES (2)")
                    return try connection.query("SELECT a FROM thing ORDER BY a").map { row in try row.int(0) }
                }
                try await other.standardInputWriter.finish()
                #expect(try await written == [1, 2])
            }
        }
    }

    @Test func `what another process began and did not commit was never there`() async throws {
        try await withDatabase { database, path in
            try await database.write { connection in try connection.execute("CREATE TABLE thing (a BIGINT)") }
            try await whileAnotherWrites(to: path) { other in try other.send(signal: .kill) }
            let rows = try await database.write { connection in
                try connection.execute("INSERT INTO thing VALUES (2)")
                return try connection.query("SELECT a FROM thing").map { row in try row.int(0) }
            }
            #expect(rows == [2])
        }
    }
}

/// Another process, with an open write transaction on a database in which it has inserted 1 into `thing`.
///
/// It commits when its input ends, and is waited for.
private func whileAnotherWrites(
    to path: String,
    _ body: (_ other: Execution<CustomWriteInput, SequenceOutput, DiscardedOutput>) async throws -> Void
) async throws {
    let program = """
        import sqlite3, sys
        connection = sqlite3.connect(sys.argv[1], isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO thing VALUES (1)")
        print("locked", flush=True)
        sys.stdin.readline()
        connection.execute("COMMIT")
        """
    _ = try await run(
        .name("python3"), arguments: ["-c", program, path], input: .inputWriter, output: .sequence, error: .discarded
    ) { other in
        var lines = other.standardOutput.strings().makeAsyncIterator()
        #expect(try await lines.next() == "locked")
        try await body(other)
        #expect(try await lines.next() == nil)
    }
}
