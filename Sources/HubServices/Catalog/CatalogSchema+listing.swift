import HubDatabase

extension CatalogSchema {
    /// What is known about trees, what lists and searches look at, and how often things are downloaded.
    static let listing = Migration(
        "catalog-004-listing",
        [
            // One row for each root tree, whoever has it.
            """
            CREATE TABLE revision_facts (
                tree {blob} PRIMARY KEY,
                edition INTEGER NOT NULL,
                body TEXT NOT NULL
            )
            """,
            // One row for each repository: its default branch as of the last publish.
            """
            CREATE TABLE listing (
                repository_id BIGINT PRIMARY KEY,
                edition INTEGER NOT NULL,
                commit_id {blob},
                tree {blob},
                pipeline_tag TEXT,
                library_name TEXT,
                parameters BIGINT
            )
            """,
            """
            CREATE TABLE listing_tag (
                repository_id BIGINT NOT NULL,
                tag_key TEXT NOT NULL,
                tag TEXT NOT NULL,
                kind TEXT NOT NULL,
                place INTEGER NOT NULL,
                PRIMARY KEY (repository_id, tag_key)
            )
            """,
            "CREATE INDEX listing_tag_key ON listing_tag (tag_key, repository_id)",
            // Repositories its card names: base models, and what a space makes use of.
            """
            CREATE TABLE listing_reference (
                repository_id BIGINT NOT NULL,
                relation TEXT NOT NULL CHECK (relation IN ('base', 'model', 'dataset')),
                target_key TEXT NOT NULL,
                PRIMARY KEY (repository_id, relation, target_key)
            )
            """,
            "CREATE INDEX listing_reference_target ON listing_reference (target_key, relation)",
            "{fulltext listing_text name, tags, card}",
            """
            CREATE TABLE download_day (
                repository_id BIGINT NOT NULL,
                day BIGINT NOT NULL,
                count BIGINT NOT NULL,
                PRIMARY KEY (repository_id, day)
            )
            """,
            "CREATE INDEX download_day_day ON download_day (day)",
            // Sums over the days, for lists to sort by.
            """
            CREATE TABLE popularity (
                repository_id BIGINT PRIMARY KEY,
                downloads BIGINT NOT NULL,
                downloads_all_time BIGINT NOT NULL,
                trending BIGINT NOT NULL
            )
            """,
        ]
    )
}
