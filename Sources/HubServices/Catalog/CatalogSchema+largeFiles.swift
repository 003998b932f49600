import HubDatabase

extension CatalogSchema {
    /// Where the large files of a repository first came from.
    ///
    /// The links themselves are the chunk store's; this tells people what they are.
    static let largeFiles = Migration(
        "catalog-large-files",
        [
            """
            CREATE TABLE large_file (
                repository_id BIGINT NOT NULL,
                digest {blob} NOT NULL,
                path TEXT NOT NULL,
                ref TEXT NOT NULL,
                pushed_at BIGINT NOT NULL,
                PRIMARY KEY (repository_id, digest)
            )
            """
        ]
    )
}
