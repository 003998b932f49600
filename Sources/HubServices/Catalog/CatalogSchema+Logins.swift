import HubDatabase

extension CatalogSchema {
    /// Programs that ask to be logged in, and how they stay so.
    static let logins = Migration(
        "catalog-104-logins",
        [
            """
            CREATE TABLE device_login (
                id {identity},
                device_digest {blob} NOT NULL UNIQUE,
                user_code TEXT NOT NULL UNIQUE,
                state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied')),
                user_id BIGINT REFERENCES account(id),
                scope TEXT,
                last_polled_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL
            )
            """,
            """
            CREATE TABLE refresh_token (
                id {identity},
                digest {blob} NOT NULL UNIQUE,
                token_id BIGINT NOT NULL,
                user_id BIGINT NOT NULL REFERENCES account(id),
                scope TEXT NOT NULL,
                expires_at BIGINT NOT NULL
            )
            """,
            "CREATE INDEX refresh_token_token ON refresh_token (token_id)",
        ]
    )
}
