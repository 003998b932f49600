import HubDatabase

extension CatalogSchema {
    /// What forks were made from while that was closed, and how closed it was when it was deleted.
    ///
    /// Forks there were before are taken to have been made of what is closed now.
    static let forkOrigins = Migration(
        "catalog-fork-origins",
        [
            """
            CREATE TABLE fork_origin (
                repository_id BIGINT NOT NULL,
                distance INTEGER NOT NULL,
                origin_id BIGINT NOT NULL,
                owner_id BIGINT NOT NULL,
                visibility TEXT NOT NULL,
                gate TEXT,
                PRIMARY KEY (repository_id, distance)
            )
            """,
            "CREATE INDEX fork_origin_origin ON fork_origin (origin_id)",
            """
            INSERT INTO fork_origin (repository_id, distance, origin_id, owner_id, visibility, gate)
            WITH RECURSIVE closed (repository_id, distance, origin_id, owner_id, visibility, gate, upstream_id) AS (
                SELECT fork.id, 1, origin.id, origin.owner_id, origin.visibility, origin.gate, origin.upstream_id
                FROM repository AS fork JOIN repository AS origin ON origin.id = fork.upstream_id
                WHERE origin.visibility = 'private' OR origin.gate IS NOT NULL
                UNION ALL
                SELECT closed.repository_id, closed.distance + 1, origin.id, origin.owner_id, origin.visibility,
                       origin.gate, origin.upstream_id
                FROM closed JOIN repository AS origin ON origin.id = closed.upstream_id
                WHERE (origin.visibility = 'private' OR origin.gate IS NOT NULL) AND closed.distance < 64
            )
            SELECT repository_id, distance, origin_id, owner_id, visibility, gate FROM closed
            """,
        ]
    )
}
