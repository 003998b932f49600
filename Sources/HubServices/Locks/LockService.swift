package import HubCore
import HubDatabase

/// Locks on files that cannot be merged, as git-lfs knows them (git-lfs, "File Locking API").
///
/// A lock holds on every branch. Whoever may push may lock; a lock is its owner's, and somebody else opens it only with
/// the role write and by force. What is locked no push of others changes, whichever door it comes through.
package struct LockService: Sendable {
    let database: any SQLDatabase
    let now: Now

    /// So many locks a repository has at most.
    static let limit = 10_000

    /// No longer path is locked.
    private static let pathBytes = 4096

    /// What a wish to lock came to.
    package enum Outcome: Sendable {
        case locked(FileLock)

        /// Somebody, perhaps the caller, has locked the path before.
        case taken(FileLock)
    }

    /// Locks `path` for the caller; nothing need be there yet.
    package func lock(_ path: String, in id: RepositoryID, by caller: Caller) async throws -> Outcome {
        try Self.requirePath(path)
        let instant = now.seconds
        return try await database.write { connection in
            let record = try Access.repository(id, for: caller, as: .contribute, in: connection)
            let user = try Access.requireWriter(caller, to: "lock a file")
            if let other = try FileLock.find(path, in: record.rowID, connection) { return .taken(other) }
            try Self.requireRoom(in: record, connection)
            try connection.execute(
                "INSERT INTO lfs_lock (repository_id, path, owner_id, locked_at) VALUES (?, ?, ?, ?)",
                [record.rowID, path, user.id, instant])
            guard let lock = try FileLock.find(path, in: record.rowID, connection) else {
                throw SQLError.other("the new lock has no row")
            }
            try Event.record(
                "file-locked", on: record.rowID, by: caller, payload: ["path": path], at: instant, in: connection)
            return .locked(lock)
        }
    }

    /// A page of the locks, oldest first; those of one path, or the one with this id, where they are given.
    package func list(
        _ page: RowPageRequest,
        path: String? = nil,
        lock: Int64? = nil,
        in id: RepositoryID,
        for caller: Caller
    ) async throws -> RowPage<FileLock> {
        try await self.page(page, path: path, lock: lock, in: id, for: caller, as: .read)
    }

    /// A page of the locks, for those who may push, told apart by whether they are the caller's own.
    package func verify(
        _ page: RowPageRequest,
        in id: RepositoryID,
        for caller: Caller
    ) async throws -> (ours: [FileLock], theirs: [FileLock], next: Int64?) {
        let found = try await self.page(page, path: nil, lock: nil, in: id, for: caller, as: .contribute)
        let isOurs = { (lock: FileLock) in lock.ownerID == caller.user?.id }
        return (found.items.filter(isOurs), found.items.filter { !isOurs($0) }, found.next)
    }

    /// Opens a lock: one's own, or with `force` somebody else's, and returns what it was.
    package func unlock(
        _ lock: Int64,
        force: Bool,
        in id: RepositoryID,
        by caller: Caller
    ) async throws -> FileLock {
        let instant = now.seconds
        return try await database.write { connection in
            let record = try Access.repository(id, for: caller, as: .contribute, in: connection)
            guard let found = try FileLock.find(id: lock, in: record.rowID, connection) else {
                throw HubError.notFound("\(id) has no lock \(lock)")
            }
            if found.ownerID != caller.user?.id {
                guard force else {
                    throw HubError.forbidden(
                        "'\(found.path)' is locked by \(found.owner); only they open the lock, or who may write here "
                            + "with --force")
                }
                _ = try Access.repository(id, for: caller, as: .write, in: connection)
            }
            try connection.execute("DELETE FROM lfs_lock WHERE id = ?", [found.id])
            try Event.record(
                "file-unlocked", on: record.rowID, by: caller, payload: ["path": found.path, "owner": found.owner],
                at: instant, in: connection)
            return found
        }
    }

    private func page(
        _ page: RowPageRequest,
        path: String?,
        lock: Int64?,
        in id: RepositoryID,
        for caller: Caller,
        as role: Role
    ) async throws -> RowPage<FileLock> {
        try await database.read { connection in
            let record = try Access.repository(id, for: caller, as: role, in: connection)
            var query = FileLock.selection + " WHERE lfs_lock.repository_id = ? AND lfs_lock.id > ?"
            var values: [any SQLValueConvertible] = [record.rowID, page.start]
            if let path {
                query += " AND lfs_lock.path = ?"
                values.append(path)
            }
            if let lock {
                query += " AND lfs_lock.id = ?"
                values.append(lock)
            }
            let rows = try connection.query(
                query + " ORDER BY lfs_lock.id LIMIT ?", values + [page.limit + 1])
            return try RowPage(rows, limit: page.limit, FileLock.init)
        }
    }

    private static func requirePath(_ path: String) throws {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard path.utf8.count <= pathBytes,
            parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." })
        else {
            throw HubError.unprocessable(
                "'\(path.prefix(200))' is not the path of a file in a repository; expected folder/name, at most "
                    + "\(pathBytes) bytes")
        }
        // Whoever reads a list of locks must see which file is meant.
        guard let scalar = path.unicodeScalars.first(where: { $0.deceives }) else { return }
        let code = String(scalar.value, radix: 16, uppercase: true)
        throw HubError.unprocessable(
            "the path to lock holds U+\(String(repeating: "0", count: max(0, 4 - code.count)))\(code), a character that "
                + "is not seen; rename the file first")
    }

    private static func requireRoom(in record: RepositoryRecord, _ connection: any SQLConnection) throws {
        let count = try connection.queryOne(
            "SELECT COUNT(*) FROM lfs_lock WHERE repository_id = ?", [record.rowID])?.int(0)
        guard let count, count < limit else {
            throw HubError.unprocessable("\(record.id) has \(limit) locks already; open some first")
        }
    }
}

extension Unicode.Scalar {
    /// Whether it is a control character, or turns the direction of the text around it.
    fileprivate var deceives: Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
        default: properties.generalCategory == .control
        }
    }
}
