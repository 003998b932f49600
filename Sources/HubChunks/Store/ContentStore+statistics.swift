package import HubDatabase

/// What the large files of a repository come to.
package struct ContentStatistics: Sendable, Hashable {
    package let files: Int

    /// Bytes of the files, each content once.
    package let bytes: Int

    /// Bytes of the stored xorbs that only this repository's files use, and of those that others use too.
    ///
    /// What others use as well stays when this repository goes.
    package let storedAlone: Int
    package let storedShared: Int
}

extension ContentStore {
    /// Adds up what is linked to a repository; the database does the counting.
    package static func statistics(
        of scope: Int64, in connection: any SQLConnection
    ) throws -> ContentStatistics {
        let files = try connection.queryOne("SELECT COUNT(*) FROM chunk_link WHERE scope = ?", [scope])?.int(0) ?? 0
        let row = try connection.queryOne(
            """
            WITH used AS (
                SELECT DISTINCT chunk_span.xorb_id FROM chunk_link
                JOIN chunk_span ON chunk_span.content_id = chunk_link.content_id WHERE chunk_link.scope = ?
            ), counted AS (
                SELECT chunk_xorb.serialized_size AS size, EXISTS (
                    SELECT 1 FROM chunk_span
                    JOIN chunk_link ON chunk_link.content_id = chunk_span.content_id
                    WHERE chunk_span.xorb_id = used.xorb_id AND chunk_link.scope <> ?
                ) AS is_shared
                FROM used JOIN chunk_xorb ON chunk_xorb.id = used.xorb_id
            )
            SELECT COALESCE(SUM(CASE WHEN is_shared THEN 0 ELSE size END), 0),
                   COALESCE(SUM(CASE WHEN is_shared THEN size ELSE 0 END), 0)
            FROM counted
            """, [scope, scope])
        return ContentStatistics(
            files: files, bytes: try linkedBytes(scope: scope, in: connection), storedAlone: try row?.int(0) ?? 0,
            storedShared: try row?.int(1) ?? 0)
    }
}
