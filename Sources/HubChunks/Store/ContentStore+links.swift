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
        try connection.execute("DELETE FROM chunk_xorb_lease WHERE scope = ?", [scope])
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

    static func contentID(of digest: ContentDigest, in connection: any SQLConnection) throws -> Int64? {
        try connection.queryOne("SELECT id FROM chunk_content WHERE digest = ?", [digest])?.int64(0)
    }
}
