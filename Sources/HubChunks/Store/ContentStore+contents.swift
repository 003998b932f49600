import HubCore
import HubDatabase

extension ContentStore {
    /// Records a verified file and holds it for the lease; a file that is known already stays as it is.
    func keep(_ content: StoredContent, terms: [StoredTerm], lease: Lease) async throws {
        let now = options.now()
        let expiry = now + options.leaseDuration
        try await reportingFullDatabase {
            try await database.write { connection in
                let row = try connection.queryOne(
                    """
                    INSERT INTO chunk_content (digest, file_hash, size, terms, stored_at) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (digest) DO NOTHING RETURNING id
                    """, [content.digest, content.fileHash, content.size, StoredTerm.encode(terms), now])
                if let id = try row?.int64(0) { try Self.insertSpans(of: terms, content: id, in: connection) }
                guard let id = try row?.int64(0) ?? Self.contentID(of: content.digest, in: connection) else {
                    throw SQLError.other("content \(content.digest) vanished")
                }
                try Self.hold(content: id, for: lease, until: expiry, in: connection)
            }
        }
    }

    /// Ties the content to its xorbs, which must all be there still.
    private static func insertSpans(
        of terms: [StoredTerm], content: Int64, in connection: any SQLConnection
    ) throws {
        for (xorb, ranges) in StoredTerm.spans(of: terms).sorted(by: { $0.key < $1.key }) {
            guard try connection.queryOne("SELECT 1 FROM chunk_xorb WHERE id = ?", [xorb]) != nil else {
                throw HubError.conflict("a xorb this file uses was removed meanwhile; upload the file again")
            }
            for chunks in ranges {
                try connection.execute(
                    "INSERT INTO chunk_span (content_id, xorb_id, first_chunk, end_chunk) VALUES (?, ?, ?, ?)",
                    [content, xorb, chunks.lowerBound, chunks.upperBound])
            }
        }
    }
}
