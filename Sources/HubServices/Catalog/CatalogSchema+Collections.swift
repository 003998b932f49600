import HubDatabase

extension CatalogSchema {
    /// Lists of repositories and other things that people put together.
    static let collections = Migration(
        "catalog-102-collections",
        [
            """
            CREATE TABLE collection (
                id {identity},
                public_key TEXT NOT NULL UNIQUE,
                owner_id BIGINT NOT NULL REFERENCES account(id),
                title TEXT NOT NULL,
                slug TEXT NOT NULL,
                description TEXT,
                theme TEXT NOT NULL,
                is_private INTEGER NOT NULL,
                position BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                updated_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX collection_owner ON collection (owner_id, slug)",
            "CREATE INDEX collection_updated ON collection (updated_at)",
            """
            CREATE TABLE collection_item (
                id {identity},
                collection_id BIGINT NOT NULL REFERENCES collection(id),
                kind TEXT NOT NULL,
                repository_id BIGINT REFERENCES repository(id),
                target TEXT NOT NULL,
                note TEXT,
                position BIGINT NOT NULL,
                UNIQUE (collection_id, kind, target)
            )
            """,
            "CREATE INDEX collection_item_repository ON collection_item (repository_id)",
            "CREATE INDEX collection_item_target ON collection_item (kind, target)",
            """
            CREATE TABLE collection_upvote (
                collection_id BIGINT NOT NULL REFERENCES collection(id),
                user_id BIGINT NOT NULL REFERENCES account(id),
                created_at BIGINT NOT NULL,
                PRIMARY KEY (collection_id, user_id)
            )
            """,
        ]
    )
}
