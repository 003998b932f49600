import HubCore
import HubDatabase

/// A repository that was not open to everyone when a fork was made of it, or of a fork of it.
///
/// A fork remembers all of them, so that none is forgotten when one between them is deleted.
struct ForkOrigin: Sendable {
    let rowID: Int64

    /// The owner now, or the one it had when it was deleted.
    let ownerID: Int64

    /// How open it is, or was when it was deleted.
    let openness: Openness

    /// So many forks of forks of what is closed there may be.
    static let limit = 64

    /// What a repository was forked from, the nearest first.
    static func all(of repository: Int64, in connection: any SQLConnection) throws -> [ForkOrigin] {
        try connection.query(
            """
            SELECT fork_origin.origin_id, COALESCE(repository.owner_id, fork_origin.owner_id),
                   COALESCE(repository.visibility, fork_origin.visibility),
                   CASE WHEN repository.id IS NULL THEN fork_origin.gate ELSE repository.gate END
            FROM fork_origin LEFT JOIN repository ON repository.id = fork_origin.origin_id
            WHERE fork_origin.repository_id = ? ORDER BY fork_origin.distance
            """, [repository]
        ).map { row in
            let visibility = try RepositoryRecord.Visibility(rawValue: row.string(2)) ?? .private
            let gate = try row.optional(3, row.string).map { RepositoryRecord.Gate(rawValue: $0) ?? .manual }
            return ForkOrigin(
                rowID: try row.int64(0), ownerID: try row.int64(1), openness: Openness(visibility, gate))
        }
    }

    /// Remembers what a new fork was made from; of what everyone may have, there is nothing to remember.
    static func record(
        _ upstream: RepositoryRecord,
        of fork: RepositoryRecord,
        in connection: any SQLConnection
    ) throws {
        guard upstream.openness < .everyone else { return }
        let known = try connection.queryOne(
            "SELECT COUNT(*) FROM fork_origin WHERE repository_id = ?", [upstream.rowID]
        ).map { row in try row.int(0) }
        guard known ?? 0 < limit else {
            throw HubError.invalid(
                "\(upstream.id) is a fork of forks, \(limit) deep, that are not open to everyone; fork one it was made of"
            )
        }
        try connection.execute(
            """
            INSERT INTO fork_origin (repository_id, distance, origin_id, owner_id, visibility, gate)
            VALUES (?, 1, ?, ?, ?, ?)
            """,
            [
                fork.rowID, upstream.rowID, upstream.ownerID, upstream.visibility.rawValue, upstream.gate?.rawValue,
            ])
        try connection.execute(
            """
            INSERT INTO fork_origin (repository_id, distance, origin_id, owner_id, visibility, gate)
            SELECT ?, distance + 1, origin_id, owner_id, visibility, gate FROM fork_origin WHERE repository_id = ?
            """, [fork.rowID, upstream.rowID])
    }

    /// Writes down for its forks how open a repository is that is about to be deleted, and whose.
    static func keepLast(of origin: RepositoryRecord, in connection: any SQLConnection) throws {
        try connection.execute(
            "UPDATE fork_origin SET owner_id = ?, visibility = ?, gate = ? WHERE origin_id = ?",
            [origin.ownerID, origin.visibility.rawValue, origin.gate?.rawValue, origin.rowID])
    }
}
