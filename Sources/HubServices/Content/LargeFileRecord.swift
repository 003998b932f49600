import HubCore
import HubDatabase

/// Where a large file of a repository first came from: a row of `large_file`.
struct LargeFileRecord: Sendable {
    let path: String
    let ref: String

    /// Unix seconds.
    let pushedAt: Int64

    static func find(
        _ digest: ContentDigest,
        in repository: Int64,
        _ connection: any SQLConnection
    ) throws -> LargeFileRecord? {
        try connection.queryOne(
            "SELECT path, ref, pushed_at FROM large_file WHERE repository_id = ? AND digest = ?", [repository, digest]
        ).map { row in
            LargeFileRecord(path: try row.string(0), ref: try row.string(1), pushedAt: try row.int64(2))
        }
    }

    /// Remembers where content came from; what is known already stays.
    func insert(_ digest: ContentDigest, in repository: Int64, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO large_file (repository_id, digest, path, ref, pushed_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (repository_id, digest) DO NOTHING
            """, [repository, digest, path, ref, pushedAt])
    }

    static func remove(_ digest: ContentDigest, from repository: Int64, _ connection: any SQLConnection) throws {
        try connection.execute(
            "DELETE FROM large_file WHERE repository_id = ? AND digest = ?", [repository, digest])
    }

    static func removeAll(of repository: Int64, _ connection: any SQLConnection) throws {
        try connection.execute("DELETE FROM large_file WHERE repository_id = ?", [repository])
    }

    static func copyAll(from source: Int64, to copy: Int64, _ connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO large_file (repository_id, digest, path, ref, pushed_at)
            SELECT CAST(? AS BIGINT), digest, path, ref, pushed_at FROM large_file WHERE repository_id = ?
            """, [copy, source])
    }
}
