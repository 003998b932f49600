import Foundation
package import HubCore
package import HubDatabase

// Who may see content. These run inside the caller's transaction, so that a ref and the content it needs become
// visible together.
extension ContentStore {
    /// Makes content part of a repository; throws ``HubError/missingContent(_:)`` if the store lacks any.
    package static func link(
        _ digests: some Collection<ContentDigest>, to scope: Int64, in connection: any SQLConnection
    ) throws {
        var absent: [ContentDigest] = []
        for digest in digests {
            guard let id = try contentID(of: digest, in: connection) else {
                absent.append(digest)
                continue
            }
            try connection.execute(
                "INSERT INTO chunk_link (scope, content_id) VALUES (?, ?) ON CONFLICT DO NOTHING", [scope, id])
        }
        guard absent.isEmpty else { throw HubError.missingContent(absent) }
    }

    /// Forgets all content of a repository that goes.
    package static func unlinkAll(scope: Int64, in connection: any SQLConnection) throws {
        try connection.execute("DELETE FROM chunk_link WHERE scope = ?", [scope])
        try connection.execute("DELETE FROM chunk_content_lease WHERE scope = ?", [scope])
        let leases = try connection.execute("DELETE FROM chunk_xorb_lease WHERE scope = ?", [scope])
        if leases > 0 { try beginEpoch(in: connection) }
    }

    /// Takes content out of a repository for good, with what its uploads hold; returns what was linked.
    package static func unlink(
        _ digests: some Collection<ContentDigest>, from scope: Int64, in connection: any SQLConnection
    ) throws -> Set<ContentDigest> {
        var removed: Set<ContentDigest> = []
        for digest in digests {
            guard let id = try contentID(of: digest, in: connection),
                try connection.execute("DELETE FROM chunk_link WHERE scope = ? AND content_id = ?", [scope, id]) > 0
            else { continue }
            removed.insert(digest)
            try connection.execute("DELETE FROM chunk_content_lease WHERE scope = ? AND content_id = ?", [scope, id])
            try connection.execute(
                """
                DELETE FROM chunk_xorb_lease WHERE scope = ?
                AND xorb_id IN (SELECT xorb_id FROM chunk_span WHERE content_id = ?)
                """, [scope, id])
        }
        if !removed.isEmpty { try beginEpoch(in: connection) }
        return removed
    }

    /// Holds content for someone who may read it where it is, so that a push to the lease's repository may name it.
    package static func hold(
        _ digest: ContentDigest, for lease: Lease, until expiry: Int, in connection: any SQLConnection
    ) throws {
        guard let id = try contentID(of: digest, in: connection) else { throw HubError.missingContent([digest]) }
        try hold(content: id, for: lease, until: expiry, in: connection)
    }

    static func hold(
        content: Int64, for lease: Lease, until expiry: Int, in connection: any SQLConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO chunk_content_lease (uploader, scope, content_id, expires_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (uploader, scope, content_id) DO UPDATE SET expires_at = excluded.expires_at
            """, [lease.uploader, lease.scope, content, expiry])
    }

    /// Gives a fork everything its parent has.
    package static func copyLinks(from parent: Int64, to fork: Int64, in connection: any SQLConnection) throws {
        try connection.execute(
            """
            INSERT INTO chunk_link (scope, content_id)
            SELECT CAST(? AS BIGINT), content_id FROM chunk_link WHERE scope = ? ON CONFLICT DO NOTHING
            """, [fork, parent])
    }

    /// Those of `digests` that are neither linked to the repository nor held by this uploader's lease for it.
    package static func missing(
        _ digests: some Collection<ContentDigest>, scope: Int64, uploader: Int64?, in connection: any SQLConnection,
        now: Int = Int(Date().timeIntervalSince1970)
    ) throws -> [ContentDigest] {
        try digests.filter { digest in
            guard let id = try contentID(of: digest, in: connection) else { return true }
            if try connection.queryOne("SELECT 1 FROM chunk_link WHERE scope = ? AND content_id = ?", [scope, id])
                != nil
            {
                return false
            }
            guard let uploader else { return true }
            return try connection.queryOne(
                """
                SELECT 1 FROM chunk_content_lease
                WHERE uploader = ? AND scope = ? AND content_id = ? AND expires_at > ?
                """, [uploader, scope, id, now]) == nil
        }
    }

    /// Repositories the content is linked to, at most `limit`.
    package static func scopes(
        linking digest: ContentDigest, limit: Int, in connection: any SQLConnection
    ) throws -> [Int64] {
        try connection.query(
            """
            SELECT chunk_link.scope FROM chunk_link JOIN chunk_content ON chunk_content.id = chunk_link.content_id
            WHERE chunk_content.digest = ? ORDER BY chunk_link.scope LIMIT ?
            """, [digest, limit]
        ).map { try $0.int64(0) }
    }

    /// Whether the content is linked to the repository.
    package static func isLinked(
        _ digest: ContentDigest, to scope: Int64, in connection: any SQLConnection
    ) throws -> Bool {
        try connection.queryOne(
            """
            SELECT 1 FROM chunk_link JOIN chunk_content ON chunk_content.id = chunk_link.content_id
            WHERE chunk_content.digest = ? AND chunk_link.scope = ?
            """, [digest, scope]) != nil
    }

    /// Bytes of all content linked to a repository, each content once.
    package static func linkedBytes(scope: Int64, in connection: any SQLConnection) throws -> Int {
        try connection.queryOne(
            """
            SELECT COALESCE(SUM(chunk_content.size), 0) FROM chunk_link
            JOIN chunk_content ON chunk_content.id = chunk_link.content_id WHERE chunk_link.scope = ?
            """, [scope])?.int(0) ?? 0
    }

    /// As ``isLinked(_:to:in:)``, in a snapshot of its own.
    package func isLinked(_ digest: ContentDigest, to scope: Int64) async throws -> Bool {
        try await database.read { connection in try Self.isLinked(digest, to: scope, in: connection) }
    }

    /// What the store knows of a content, if the repository has it.
    package static func linked(
        _ digest: ContentDigest, to scope: Int64, in connection: any SQLConnection
    ) throws -> StoredContent? {
        try connection.queryOne(
            """
            SELECT digest, size, file_hash FROM chunk_content
            JOIN chunk_link ON chunk_link.content_id = chunk_content.id
            WHERE chunk_content.digest = ? AND chunk_link.scope = ?
            """, [digest, scope]
        ).map(StoredContent.init)
    }

    /// The contents of a repository, newest first; those with an id below `place` where it is given.
    package static func linked(
        to scope: Int64, before place: Int64?, limit: Int, in connection: any SQLConnection
    ) throws -> [(id: Int64, content: StoredContent, storedAt: Int64)] {
        try connection.query(
            """
            SELECT digest, size, file_hash, stored_at, id FROM chunk_content
            JOIN chunk_link ON chunk_link.content_id = chunk_content.id
            WHERE chunk_link.scope = ? AND chunk_link.content_id < ? ORDER BY chunk_link.content_id DESC LIMIT ?
            """, [scope, place ?? .max, limit]
        ).map { row in (try row.int64(4), try StoredContent(row), try row.int64(3)) }
    }

    static func contentID(of digest: ContentDigest, in connection: any SQLConnection) throws -> Int64? {
        try connection.queryOne("SELECT id FROM chunk_content WHERE digest = ?", [digest])?.int64(0)
    }
}
