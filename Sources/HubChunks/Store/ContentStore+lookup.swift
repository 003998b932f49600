package import HubCore
import HubDatabase

extension ContentStore {
    /// What the store knows of a file, or nil.
    package func content(_ digest: ContentDigest) async throws -> StoredContent? {
        try await database.read { connection in
            try connection.queryOne("SELECT digest, size, file_hash FROM chunk_content WHERE digest = ?", [digest])
                .map(StoredContent.init)
        }
    }

    /// What the store knows of the file with this Xet hash, or nil.
    package func content(fileHash: XetHash) async throws -> StoredContent? {
        try await database.read { connection in
            try connection.queryOne(
                "SELECT digest, size, file_hash FROM chunk_content WHERE file_hash = ? ORDER BY id LIMIT 1", [fileHash]
            ).map(StoredContent.init)
        }
    }

    /// What the store knows of many files; unknown ones are left out.
    package func contents(_ digests: [ContentDigest]) async throws -> [ContentDigest: StoredContent] {
        try await database.read { connection in
            var found: [ContentDigest: StoredContent] = [:]
            for digest in digests {
                found[digest] = try connection.queryOne(
                    "SELECT digest, size, file_hash FROM chunk_content WHERE digest = ?", [digest]
                ).map(StoredContent.init)
            }
            return found
        }
    }

    /// Repositories that content is linked to, lowest first.
    package func scopes(holding digest: ContentDigest, limit: Int = 1000) async throws -> [Int64] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT chunk_link.scope FROM chunk_link JOIN chunk_content ON chunk_content.id = chunk_link.content_id
                WHERE chunk_content.digest = ? ORDER BY chunk_link.scope LIMIT ?
                """, [digest, limit]
            ).map { try $0.int64(0) }
        }
    }

    /// Repositories whose content uses any part of a xorb, lowest first.
    package func scopes(holdingXorb xorb: XetHash, limit: Int = 1000) async throws -> [Int64] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT DISTINCT chunk_link.scope FROM chunk_xorb
                JOIN chunk_span ON chunk_span.xorb_id = chunk_xorb.id
                JOIN chunk_link ON chunk_link.content_id = chunk_span.content_id
                WHERE chunk_xorb.hash = ? ORDER BY chunk_link.scope LIMIT ?
                """, [xorb, limit]
            ).map { try $0.int64(0) }
        }
    }

    /// Whether the lease's uploader sent this xorb's bytes lately, whatever the repository.
    package func isLeased(xorb: XetHash, by lease: Lease) async throws -> Bool {
        let now = options.now()
        return try await database.read { connection in
            try connection.queryOne(
                """
                SELECT 1 FROM chunk_xorb_lease JOIN chunk_xorb ON chunk_xorb.id = chunk_xorb_lease.xorb_id
                WHERE chunk_xorb.hash = ? AND uploader = ? AND sent = 1 AND expires_at > ?
                """, [xorb, lease.uploader, now]) != nil
        }
    }
}

extension StoredContent {
    /// Reads the columns digest, size, file_hash.
    init(_ row: SQLRow) throws {
        self.init(digest: try row.contentDigest(0), size: try row.int(1), fileHash: try row.xetHash(2))
    }
}
