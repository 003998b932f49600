import HubDatabase

extension CatalogSchema {
    /// How people are shown, whom they follow, what they like, and what repositories were called before.
    static let people = Migration(
        "catalog-101-people",
        [
            "ALTER TABLE account ADD COLUMN full_name TEXT",
            "ALTER TABLE account ADD COLUMN details TEXT",
            """
            CREATE TABLE follow (
                id {identity},
                follower_id BIGINT NOT NULL REFERENCES account(id),
                followed_id BIGINT NOT NULL REFERENCES account(id),
                created_at BIGINT NOT NULL,
                UNIQUE (follower_id, followed_id)
            )
            """,
            "CREATE INDEX follow_followed ON follow (followed_id)",
            """
            CREATE TABLE repository_like (
                id {identity},
                repository_id BIGINT NOT NULL REFERENCES repository(id),
                user_id BIGINT NOT NULL REFERENCES account(id),
                created_at BIGINT NOT NULL,
                UNIQUE (repository_id, user_id)
            )
            """,
            "CREATE INDEX repository_like_user ON repository_like (user_id)",
            """
            CREATE TABLE repository_alias (
                kind TEXT NOT NULL,
                owner_id BIGINT NOT NULL REFERENCES account(id),
                name_key TEXT NOT NULL,
                repository_id BIGINT NOT NULL REFERENCES repository(id),
                created_at BIGINT NOT NULL,
                PRIMARY KEY (kind, owner_id, name_key)
            )
            """,
            "CREATE INDEX repository_alias_repository ON repository_alias (repository_id)",
        ]
    )
}
