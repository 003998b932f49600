import HubDatabase

extension CatalogSchema {
    /// Paths of a repository that only one person may change.
    static let locks = Migration(
        "catalog-301-locks",
        [
            """
            CREATE TABLE lfs_lock (
                id {identity},
                repository_id BIGINT NOT NULL,
                path TEXT NOT NULL,
                owner_id BIGINT NOT NULL REFERENCES account(id),
                locked_at BIGINT NOT NULL,
                UNIQUE (repository_id, path)
            )
            """,
            "CREATE INDEX lfs_lock_order ON lfs_lock (repository_id, id)",
        ]
    )
}
