package import HubDatabase

/// What the large files of a repository come to.
package struct ContentStatistics: Sendable, Hashable {
    package let files: Int

    /// Bytes of the files, each content once.
    package let bytes: Int

    /// Bytes of the stored xorbs that this repository's files use, and others do not; and of those that some of the
    /// other scopes asked about use too.
    package let storedAlone: Int
    package let storedShared: Int
}

extension ContentStore {
    /// Other scopes that use a stored xorb of this one, at most 500.
    package static func neighbours(of scope: Int64, in connection: any SQLConnection) throws -> [Int64] {
        try connection.query(
            """
            SELECT DISTINCT chunk_link.scope FROM chunk_link
            JOIN chunk_span ON chunk_span.content_id = chunk_link.content_id
            WHERE chunk_span.xorb_id IN (
                SELECT chunk_span.xorb_id FROM chunk_link
                JOIN chunk_span ON chunk_span.content_id = chunk_link.content_id WHERE chunk_link.scope = ?
            ) AND chunk_link.scope <> ? LIMIT 500
            """, [scope, scope]
        ).map { row in try row.int64(0) }
    }

    /// Adds up what is linked to a repository; the database does the counting.
    ///
    /// - Parameter others: The scopes that count as sharing, few enough for one statement. What any other one holds must
    ///   not show: whoever guesses a content could find out who has it.
    package static func statistics(
        of scope: Int64, sharedWith others: [Int64], in connection: any SQLConnection
    ) throws -> ContentStatistics {
        let marks = Array(repeating: "?", count: others.count).joined(separator: ", ")
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
                    WHERE chunk_span.xorb_id = used.xorb_id AND chunk_link.scope IN (\(marks))
                ) AS is_shared
                FROM used JOIN chunk_xorb ON chunk_xorb.id = used.xorb_id
            )
            SELECT COALESCE(SUM(CASE WHEN is_shared THEN 0 ELSE size END), 0),
                   COALESCE(SUM(CASE WHEN is_shared THEN size ELSE 0 END), 0)
            FROM counted
            """, [scope] + others)
        return ContentStatistics(
            files: files, bytes: try linkedBytes(scope: scope, in: connection), storedAlone: try row?.int(0) ?? 0,
            storedShared: try row?.int(1) ?? 0)
    }
}
