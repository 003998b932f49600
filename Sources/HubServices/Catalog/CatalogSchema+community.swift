import HubDatabase

extension CatalogSchema {
    /// Discussions and pull requests: what is talked about beside a repository's files.
    static let discussions = Migration(
        "community-001-discussions",
        [
            """
            CREATE TABLE discussion_counter (
                repository_id BIGINT PRIMARY KEY,
                next_number BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE discussion (
                id {identity},
                repository_id BIGINT NOT NULL,
                number BIGINT NOT NULL,
                is_pull_request INTEGER NOT NULL,
                title TEXT NOT NULL,
                status TEXT NOT NULL CHECK (status IN ('draft', 'open', 'closed', 'merged')),
                author_id BIGINT,
                created_at BIGINT NOT NULL,
                base_ref TEXT,
                merge_base {blob},
                merge_head {blob},
                merge_commit {blob},
                UNIQUE (repository_id, number)
            )
            """,
            """
            CREATE TABLE discussion_event (
                id {identity},
                discussion_id BIGINT NOT NULL,
                hex TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL CHECK (kind IN ('comment', 'status-change', 'title-change', 'commit')),
                author_id BIGINT,
                created_at BIGINT NOT NULL,
                text TEXT NOT NULL,
                detail TEXT,
                is_hidden INTEGER NOT NULL DEFAULT 0,
                edited_at BIGINT,
                editor_id BIGINT
            )
            """,
            "CREATE INDEX discussion_event_order ON discussion_event (discussion_id, id)",
            """
            CREATE TABLE discussion_edit (
                id {identity},
                event_id BIGINT NOT NULL,
                author_id BIGINT,
                created_at BIGINT NOT NULL,
                text TEXT NOT NULL
            )
            """,
            "CREATE INDEX discussion_edit_event ON discussion_edit (event_id, id)",
        ]
    )
}
