import HubDatabase

extension CatalogSchema {
    /// Public keys by which people are known over SSH; each is one person's only.
    ///
    /// `bytes` is the key as SSH sends it, and `digest` its SHA-256, which people know as the fingerprint.
    static let sshKeys = Migration(
        "ssh-001-keys",
        [
            """
            CREATE TABLE ssh_key (
                id {identity},
                user_id BIGINT NOT NULL REFERENCES account(id),
                kind TEXT NOT NULL,
                bytes {blob} NOT NULL,
                digest {blob} NOT NULL UNIQUE,
                title TEXT NOT NULL,
                created_at BIGINT NOT NULL,
                last_used_at BIGINT
            )
            """,
            "CREATE INDEX ssh_key_user ON ssh_key (user_id)",
        ]
    )
}
