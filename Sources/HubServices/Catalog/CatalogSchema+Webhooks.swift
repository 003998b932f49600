import HubDatabase

extension CatalogSchema {
    /// Who wants to be told of what, and what they were told.
    static let webhooks = Migration(
        "catalog-103-webhooks",
        [
            """
            CREATE TABLE webhook (
                id {identity},
                owner_id BIGINT NOT NULL REFERENCES account(id),
                url TEXT NOT NULL,
                secret TEXT,
                domains TEXT NOT NULL,
                base_url TEXT NOT NULL,
                is_disabled INTEGER NOT NULL DEFAULT 0,
                disabled_reason TEXT,
                failing_since BIGINT,
                created_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX webhook_owner ON webhook (owner_id)",
            """
            CREATE TABLE webhook_watch (
                webhook_id BIGINT NOT NULL REFERENCES webhook(id),
                kind TEXT NOT NULL,
                name TEXT NOT NULL,
                name_key TEXT NOT NULL,
                PRIMARY KEY (webhook_id, kind, name_key)
            )
            """,
            "CREATE INDEX webhook_watch_name ON webhook_watch (kind, name_key)",
            """
            CREATE TABLE webhook_delivery (
                id {identity},
                webhook_id BIGINT NOT NULL REFERENCES webhook(id),
                repository_id BIGINT NOT NULL,
                repository_owner_id BIGINT NOT NULL,
                was_public INTEGER NOT NULL,
                scope TEXT NOT NULL,
                action TEXT NOT NULL,
                payload TEXT NOT NULL,
                state TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'dropped')),
                attempts INTEGER NOT NULL DEFAULT 0,
                next_attempt_at BIGINT NOT NULL,
                lease_until BIGINT NOT NULL DEFAULT 0,
                status INTEGER,
                problem TEXT,
                duration_ms BIGINT,
                created_at BIGINT NOT NULL,
                finished_at BIGINT
            )
            """,
            "CREATE INDEX webhook_delivery_due ON webhook_delivery (state, next_attempt_at)",
            "CREATE INDEX webhook_delivery_webhook ON webhook_delivery (webhook_id, id)",
            "CREATE TABLE event_cursor (name TEXT PRIMARY KEY, event_id BIGINT NOT NULL)",
            // Nobody is told of what happened before there were webhooks.
            "INSERT INTO event_cursor (name, event_id) SELECT 'webhooks', COALESCE(MAX(id), 0) FROM event",
        ]
    )
}
