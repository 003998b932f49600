internal import GRDB
import HubCore

/// The embedded database: one SQLite file in WAL mode, every commit synced (`synchronous=FULL`).
package struct SQLiteDatabase: SQLDatabase {
    private let writer: any DatabaseWriter

    /// A connection that never writes: it sees every commit as another's.
    private let watcher: DatabaseQueue

    /// The file, for sentences.
    private let path: String

    /// Opens or creates the file at `path`; its folder must exist.
    ///
    /// - Parameter readers: How many reads may run at the same time.
    package init(path: String, readers: Int = 4) throws {
        self.path = path
        var configuration = Configuration()
        configuration.maximumReaderCount = readers
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA foreign_keys = ON")
            try db.execute(sql: "PRAGMA cache_size = -16384")
            try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
            // What is deleted is overwritten: it may have been a secret.
            try db.execute(sql: "PRAGMA secure_delete = ON")
        }
        do {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // After opening: the pool turns it down to NORMAL when it sets up the write-ahead log.
            try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
            writer = pool
            var watching = Configuration()
            watching.readonly = true
            watching.busyMode = .timeout(1)
            watcher = try DatabaseQueue(path: path, configuration: watching)
        } catch let error as DatabaseError {
            throw SQLError(error, in: path)
        }
    }

    /// Opens an existing file to read from it, on one connection; every write fails.
    package init(readingFrom path: String) throws {
        self.path = path
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration)
            writer = queue
            watcher = queue
        } catch let error as DatabaseError {
            throw SQLError(error, in: path)
        }
    }

    /// The whole database file is sound, or a sentence that says what is not.
    package func integrityProblem() async throws -> String? {
        let answer = try await read { connection in try connection.queryOne("PRAGMA quick_check(1)")?.string(0) }
        return answer == "ok" ? nil : answer?.split(separator: "\n").last.map(String.init)
    }

    /// Copies the database, as of one moment, into a new file.
    package func backUp(to path: String) async throws {
        try writer.backup(to: DatabaseQueue(path: path))
    }

    package func close() throws {
        try watcher.close()
        try writer.close()
    }

    package func version() throws -> Int64? {
        do {
            return try watcher.unsafeRead { db in
                try Int64.fetchOne(db.cachedStatement(sql: "PRAGMA data_version"))
            }
        } catch let error as DatabaseError {
            throw SQLError(error, in: path)
        }
    }

    package func read<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Result
    ) async throws -> Result {
        try await rethrowing {
            try await writer.read { db in try body(SQLiteConnection(db, of: path)) }
        }
    }

    @discardableResult
    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any SQLConnection) throws -> Result
    ) async throws -> Result {
        try await rethrowing {
            try await writer.write { db in try body(SQLiteConnection(db, of: path)) }
        }
    }

    private func rethrowing<Result>(_ body: () async throws -> Result) async throws -> Result {
        do {
            return try await body()
        } catch let error as DatabaseError {
            throw SQLError(error, in: path)
        }
    }
}
