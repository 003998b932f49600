import HubDatabase

extension CatalogSchema {
    /// Repositories whose files are given only to those who were let in.
    static let gates = Migration(
        "community-002-gates",
        [
            "ALTER TABLE repository ADD COLUMN gate TEXT",
            """
            CREATE TABLE access_request (
                id {identity},
                hex TEXT NOT NULL UNIQUE,
                repository_id BIGINT NOT NULL,
                user_id BIGINT NOT NULL REFERENCES account(id),
                status TEXT NOT NULL CHECK (status IN ('pending', 'accepted', 'rejected')),
                fields TEXT,
                rejection_reason TEXT,
                created_at BIGINT NOT NULL,
                decided_at BIGINT,
                UNIQUE (repository_id, user_id)
            )
            """,
            "CREATE INDEX access_request_status ON access_request (repository_id, status, id)",
        ]
    )
}
