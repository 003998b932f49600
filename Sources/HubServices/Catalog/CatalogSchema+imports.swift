import HubDatabase

extension CatalogSchema {
    /// Repositories that were taken over from bare ones in a folder.
    ///
    /// `digest` is of the refs they had then. `takes_anonymous_pushes` holds for as long as the hub that wrote it runs.
    static let imports = Migration(
        "import-001-repositories",
        [
            """
            CREATE TABLE repository_import (
                repository_id BIGINT PRIMARY KEY,
                place TEXT NOT NULL,
                digest {blob} NOT NULL,
                takes_anonymous_pushes INTEGER NOT NULL DEFAULT 0,
                imported_at BIGINT NOT NULL
            )
            """
        ]
    )

    /// Whether anonymous pushes may take the default branch back; it holds as long as that they are taken at all.
    static let rewinding = Migration(
        "import-002-rewinding",
        ["ALTER TABLE repository_import ADD COLUMN lets_guests_rewind INTEGER NOT NULL DEFAULT 0"]
    )
}
