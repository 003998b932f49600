package import HubDatabase

extension ContentStore {
    /// The store's tables.
    ///
    /// Nobody else reads or writes them.
    package static let migrations: [Migration] = [
        Migration(
            "chunks-001-store",
            [
                // entries: hash, length and end of every chunk (XorbLayout.storedEntries).
                """
                CREATE TABLE chunk_xorb (
                    id {identity}, hash {blob} NOT NULL UNIQUE, blob_name TEXT NOT NULL,
                    serialized_size BIGINT NOT NULL, entries {blob} NOT NULL,
                    stored_at BIGINT NOT NULL, unused_since BIGINT)
                """,
                // Where a chunk can be found.
                """
                CREATE TABLE chunk_place (
                    hash {blob} NOT NULL, xorb_id BIGINT NOT NULL, position BIGINT NOT NULL,
                    PRIMARY KEY (hash, xorb_id, position))
                """,
                // terms: the file's recipe (StoredTerm).
                """
                CREATE TABLE chunk_content (
                    id {identity}, digest {blob} NOT NULL UNIQUE, file_hash {blob} NOT NULL,
                    size BIGINT NOT NULL, terms {blob} NOT NULL,
                    stored_at BIGINT NOT NULL, unused_since BIGINT)
                """,
                "CREATE INDEX chunk_content_file_hash ON chunk_content (file_hash)",
                // The parts of xorbs a content is made of: its terms, merged and without their order.
                """
                CREATE TABLE chunk_span (
                    content_id BIGINT NOT NULL, xorb_id BIGINT NOT NULL,
                    first_chunk BIGINT NOT NULL, end_chunk BIGINT NOT NULL,
                    PRIMARY KEY (content_id, xorb_id, first_chunk))
                """,
                "CREATE INDEX chunk_span_xorb ON chunk_span (xorb_id)",
                """
                CREATE TABLE chunk_link (
                    scope BIGINT NOT NULL, content_id BIGINT NOT NULL, PRIMARY KEY (scope, content_id))
                """,
                "CREATE INDEX chunk_link_content ON chunk_link (content_id)",
                """
                CREATE TABLE chunk_content_lease (
                    uploader BIGINT NOT NULL, scope BIGINT NOT NULL, content_id BIGINT NOT NULL,
                    expires_at BIGINT NOT NULL, PRIMARY KEY (uploader, scope, content_id))
                """,
                "CREATE INDEX chunk_content_lease_content ON chunk_content_lease (content_id)",
                // sent: the uploader sent the xorb's bytes and so may use all of it; otherwise it is only held.
                """
                CREATE TABLE chunk_xorb_lease (
                    uploader BIGINT NOT NULL, scope BIGINT NOT NULL, xorb_id BIGINT NOT NULL,
                    sent BIGINT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (uploader, scope, xorb_id))
                """,
                "CREATE INDEX chunk_xorb_lease_xorb ON chunk_xorb_lease (xorb_id)",
            ]),
        Migration(
            "chunks-002-epoch",
            [
                // One row: how often clients had to forget what they know (ContentStore.epoch).
                "CREATE TABLE chunk_epoch (id BIGINT PRIMARY KEY, number BIGINT NOT NULL)",
                "INSERT INTO chunk_epoch (id, number) VALUES (1, 1)",
            ]),
    ]
}
