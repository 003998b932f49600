import HubDatabase

extension CatalogSchema {
    /// Parts of large files that are on their way.
    static let largeFileParts = Migration(
        "catalog-lfs-parts",
        [
            """
            CREATE TABLE lfs_part (
                repository_id BIGINT NOT NULL,
                uploader BIGINT NOT NULL,
                digest {blob} NOT NULL,
                size BIGINT NOT NULL,
                part_size BIGINT NOT NULL,
                number BIGINT NOT NULL,
                part_digest {blob} NOT NULL,
                received_at BIGINT NOT NULL,
                PRIMARY KEY (repository_id, uploader, digest, size, part_size, number)
            )
            """,
            "CREATE INDEX lfs_part_digest ON lfs_part (repository_id, uploader, part_digest)",
            "CREATE INDEX lfs_part_uploader ON lfs_part (uploader)",
            "CREATE INDEX lfs_part_received ON lfs_part (received_at)",
        ]
    )
}
