import HubCore
import HubDatabase

/// What a sweep removed.
package struct SweepResult: Hashable, Sendable {
    package var contents = 0
    package var xorbs = 0

    /// Bytes of xorbs removed.
    package var bytes = 0

    /// Blobs no record named: left by uploads that were cut short.
    package var orphans = 0

    package init() {}
}

extension ContentStore {
    /// Removes what no repository links and no lease holds.
    ///
    /// Something unused is marked by one sweep and removed by a later one, `grace` seconds on, if it still is.
    /// Records go before bytes, so an interruption leaves bytes without a record, which a later sweep removes.
    package func sweep(grace: Int) async throws -> SweepResult {
        var result = SweepResult()
        try await expireLeases()
        result.contents = try await sweepContents(grace: grace)
        try await markXorbs()
        while case let removed = try await sweepXorbs(grace: grace), !removed.isEmpty {
            for xorb in removed {
                try await backend.remove(xorb.blob)
                result.xorbs += 1
                result.bytes += xorb.size
            }
        }
        result.orphans = try await sweepOrphans(grace: grace)
        return result
    }

    private func expireLeases() async throws {
        let now = options.now()
        try await database.write { connection in
            try connection.execute("DELETE FROM chunk_content_lease WHERE expires_at <= ?", [now])
            try connection.execute("DELETE FROM chunk_xorb_lease WHERE expires_at <= ?", [now])
        }
    }

    private static let unusedContent = """
        NOT EXISTS (SELECT 1 FROM chunk_link WHERE chunk_link.content_id = chunk_content.id)
        AND NOT EXISTS (SELECT 1 FROM chunk_content_lease WHERE chunk_content_lease.content_id = chunk_content.id)
        """

    private static let unusedXorb = """
        NOT EXISTS (SELECT 1 FROM chunk_span WHERE chunk_span.xorb_id = chunk_xorb.id)
        AND NOT EXISTS (SELECT 1 FROM chunk_xorb_lease WHERE chunk_xorb_lease.xorb_id = chunk_xorb.id)
        """

    /// Marks what has become unused and unmarks what is used again.
    private static func mark(_ table: String, unused: String, now: Int, in connection: any SQLConnection) throws {
        try connection.execute(
            "UPDATE \(table) SET unused_since = NULL WHERE unused_since IS NOT NULL AND NOT (\(unused))")
        try connection.execute(
            "UPDATE \(table) SET unused_since = ? WHERE unused_since IS NULL AND \(unused)", [now])
    }

    /// How many records a sweep removes in one transaction, so that nobody waits long for the database.
    private static let contentsAtOnce = 500
    private static let xorbsAtOnce = 8

    private func sweepContents(grace: Int) async throws -> Int {
        let now = options.now()
        try await database.write { connection in
            try Self.mark("chunk_content", unused: Self.unusedContent, now: now, in: connection)
        }
        var removed = 0
        while case let count = try await sweepSomeContents(unusedSince: now - grace), count > 0 { removed += count }
        return removed
    }

    private func sweepSomeContents(unusedSince limit: Int) async throws -> Int {
        try await database.write { connection in
            // Asked again here: since it was marked, somebody may have linked it.
            let old = try connection.query(
                """
                SELECT id FROM chunk_content
                WHERE unused_since IS NOT NULL AND unused_since <= ? AND \(Self.unusedContent) LIMIT ?
                """, [limit, Self.contentsAtOnce])
            for row in old {
                let id = try row.int64(0)
                try connection.execute("DELETE FROM chunk_span WHERE content_id = ?", [id])
                try connection.execute("DELETE FROM chunk_content WHERE id = ?", [id])
            }
            return old.count
        }
    }

    private func markXorbs() async throws {
        let now = options.now()
        try await database.write { connection in
            try Self.mark("chunk_xorb", unused: Self.unusedXorb, now: now, in: connection)
        }
    }

    private func sweepXorbs(grace: Int) async throws -> [(blob: BlobName, size: Int)] {
        let limit = options.now() - grace
        return try await database.write { connection in
            let old = try connection.query(
                """
                SELECT id FROM chunk_xorb
                WHERE unused_since IS NOT NULL AND unused_since <= ? AND \(Self.unusedXorb) LIMIT ?
                """, [limit, Self.xorbsAtOnce])
            if !old.isEmpty { try Self.beginEpoch(in: connection) }
            return try old.compactMap { row -> (blob: BlobName, size: Int)? in
                let id = try row.int64(0)
                guard let record = try connection.queryOne("\(StoredXorb.columns) WHERE id = ?", [id]) else {
                    return nil
                }
                let xorb = try StoredXorb(record)
                for (position, entry) in xorb.layout.entries.enumerated() {
                    try connection.execute(
                        "DELETE FROM chunk_place WHERE hash = ? AND xorb_id = ? AND position = ?",
                        [entry.chunk.hash, id, position])
                }
                try connection.execute("DELETE FROM chunk_xorb WHERE id = ?", [id])
                return (xorb.blob, xorb.layout.serializedSize)
            }
        }
    }

    /// Removes blobs without a record that are older than the grace period: younger ones may be getting theirs.
    private func sweepOrphans(grace: Int) async throws -> Int {
        let limit = options.now() - grace
        let old = try await backend.all().filter { $0.stored < limit }.map(\.name)
        let orphans = try await database.read { connection in
            try old.filter { blob in
                // A blob's name begins with its xorb's hash.
                guard let hash = try? XetHash(parsing: blob.description.prefix(64)) else { return false }
                let row = try connection.queryOne("SELECT blob_name FROM chunk_xorb WHERE hash = ?", [hash])
                return try row?.string(0) != blob.description
            }
        }
        for blob in orphans { try await backend.remove(blob) }
        return orphans.count
    }
}
