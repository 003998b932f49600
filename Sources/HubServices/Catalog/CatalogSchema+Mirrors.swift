import HubDatabase

extension CatalogSchema {
    /// Repositories that follow another one, and what became of it last.
    static let mirrors = Migration(
        "catalog-mirrors",
        [
            """
            CREATE TABLE mirror (
                repository_id BIGINT PRIMARY KEY,
                url TEXT NOT NULL,
                lfs_url TEXT,
                remote_user TEXT,
                token TEXT,
                user_id BIGINT NOT NULL REFERENCES account(id),
                every_seconds BIGINT NOT NULL,
                next_run_at BIGINT NOT NULL,
                lease_until BIGINT NOT NULL DEFAULT 0,
                runs BIGINT NOT NULL DEFAULT 0,
                failures BIGINT NOT NULL DEFAULT 0,
                last_run_at BIGINT,
                last_success_at BIGINT,
                last_result TEXT,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX mirror_due ON mirror (next_run_at)",
        ]
    )
}
