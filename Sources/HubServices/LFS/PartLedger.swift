import HubChunks
import HubCore
import HubDatabase

/// A file that comes in parts of one size.
struct PartedFile: Sendable, Hashable {
    let digest: ContentDigest
    let size: Int

    /// Bytes of each part but the last.
    let partSize: Int

    init(_ pointer: LFSPointer, partSize: Int) {
        digest = pointer.digest
        size = pointer.size
        self.partSize = partSize
    }
}

/// Which parts of which files came, by whom and for which repository: the table `lfs_part`.
///
/// The bytes rest in the content store under the uploader's lease; a part whose lease ran out did not come.
struct PartLedger: Sendable {
    let database: any SQLDatabase
    let limits: HubLimits
    let now: Now

    private static let ofFile = "repository_id = ? AND uploader = ? AND digest = ? AND size = ? AND part_size = ?"

    /// The parts that are here, by their number.
    func parts(of file: PartedFile, _ lease: Lease) async throws -> [Int: ContentDigest] {
        try await database.read { connection in
            let rows = try connection.query(
                "SELECT number, part_digest FROM lfs_part WHERE \(Self.ofFile)", Self.key(file, lease))
            var parts: [Int: ContentDigest] = [:]
            for row in rows { parts[try row.int(0)] = try Self.digest(row, 1) }
            let missing = try Set(
                ContentStore.missing(
                    Set(parts.values), scope: lease.scope, uploader: lease.uploader, in: connection))
            return parts.filter { !missing.contains($0.value) }
        }
    }

    /// Writes down that a part came; the last one to come to a place counts.
    func record(_ part: ContentDigest, as number: Int, of file: PartedFile, _ lease: Lease) async throws {
        let instant = now.seconds
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO lfs_part (repository_id, uploader, digest, size, part_size, number, part_digest, received_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (repository_id, uploader, digest, size, part_size, number)
                DO UPDATE SET part_digest = excluded.part_digest, received_at = excluded.received_at
                """, Self.key(file, lease) + [number, part, instant])
        }
    }

    /// Forgets what came of a file.
    ///
    /// The uploader's lease on the bytes runs out by itself: the same bytes may have come as another file.
    func forget(_ file: PartedFile, _ lease: Lease) async throws {
        try await database.write { connection in
            try connection.execute("DELETE FROM lfs_part WHERE \(Self.ofFile)", Self.key(file, lease))
        }
    }

    /// Forgets parts that are not kept any longer, because nobody made a file of them in time.
    func sweep() async throws -> Int {
        let limit = now.seconds - Int64(clamping: limits.leaseSeconds)
        return try await database.write { connection in
            try connection.execute("DELETE FROM lfs_part WHERE received_at <= ?", [limit])
        }
    }

    private static func key(_ file: PartedFile, _ lease: Lease) -> [any SQLValueConvertible] {
        [lease.scope, lease.uploader, file.digest, file.size, file.partSize]
    }

    private static func digest(_ row: SQLRow, _ column: Int) throws -> ContentDigest {
        guard let digest = ContentDigest(bytes: try row.blob(column)) else {
            throw SQLError.other("a row of lfs_part names no digest")
        }
        return digest
    }
}
