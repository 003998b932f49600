import HubCore
import HubDatabase

/// A row of `lfs_lock`: a path that nobody but its owner may change, on whatever branch.
package struct FileLock: Sendable, Hashable {
    package let id: Int64
    package let path: String
    package let ownerID: Int64
    package let owner: String

    /// Unix seconds.
    package let lockedAt: Int64
}

extension FileLock {
    static let selection = """
        SELECT lfs_lock.id, lfs_lock.path, lfs_lock.owner_id, account.name, lfs_lock.locked_at
        FROM lfs_lock JOIN account ON account.id = lfs_lock.owner_id
        """

    init(_ row: SQLRow) throws {
        id = try row.int64(0)
        path = try row.string(1)
        ownerID = try row.int64(2)
        owner = try row.string(3)
        lockedAt = try row.int64(4)
    }

    static func find(_ path: String, in repository: Int64, _ connection: any SQLConnection) throws -> FileLock? {
        try connection.queryOne(
            selection + " WHERE lfs_lock.repository_id = ? AND lfs_lock.path = ?", [repository, path]
        ).map(FileLock.init)
    }

    static func find(id: Int64, in repository: Int64, _ connection: any SQLConnection) throws -> FileLock? {
        try connection.queryOne(
            selection + " WHERE lfs_lock.repository_id = ? AND lfs_lock.id = ?", [repository, id]
        ).map(FileLock.init)
    }
}
