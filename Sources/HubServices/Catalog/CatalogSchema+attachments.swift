import HubDatabase

extension CatalogSchema {
    /// Files that people attach to what they say in discussions.
    static let attachments = Migration(
        "community-003-attachments",
        [
            """
            CREATE TABLE attachment (
                id {identity},
                hex TEXT NOT NULL UNIQUE,
                uploader_id BIGINT NOT NULL,
                media_type TEXT NOT NULL,
                digest {blob} NOT NULL,
                created_at BIGINT NOT NULL,
                event_id BIGINT
            )
            """,
            "CREATE INDEX attachment_event ON attachment (event_id)",
            "CREATE INDEX attachment_uploader ON attachment (uploader_id, event_id)",
        ]
    )
}
