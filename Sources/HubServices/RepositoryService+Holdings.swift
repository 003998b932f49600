import HubChunks
import HubCore
import HubDatabase

extension RepositoryService {
    /// A repository as its owner keeps account of it.
    package struct Holding: Sendable {
        package let record: RepositoryRecord

        /// Bytes of its large files, those shared with other repositories included.
        package let bytes: Int

        /// The part of all the owner's repositories, in percent.
        package let percent: Double
    }

    /// Every repository of an owner, of all kinds, for those who belong to the owner.
    ///
    /// - Parameter owner: Nil is the caller.
    package func holdings(
        of owner: String?,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<Holding> {
        try await database.read { connection in
            let user = try Access.requireUser(caller, to: "see what you keep here")
            var ownerID = user.id
            if let owner {
                guard let account = try AccountRecord.find(owner, in: connection) else {
                    throw HubError.notFound("there is no organization '\(owner.prefix(100))'")
                }
                ownerID = account.id
            }
            guard try Access.role(of: caller, inNameOf: ownerID, in: connection) != nil else {
                throw HubError.forbidden("only members see what '\(owner ?? user.name)' keeps here")
            }
            let total = try Self.totalBytes(of: ownerID, in: connection)
            let rows = try connection.query(
                RepositoryRecord.selection
                    + " WHERE repository.owner_id = ? AND repository.id > ? ORDER BY repository.id LIMIT ?",
                [ownerID, page.start, page.limit + 1])
            return try RowPage(rows, limit: page.limit) { row in
                let record = try RepositoryRecord(row)
                let bytes = try ContentStore.linkedBytes(scope: record.rowID, in: connection)
                return Holding(
                    record: record, bytes: bytes, percent: total > 0 ? Double(bytes) / Double(total) * 100 : 0)
            }
        }
    }

    private static func totalBytes(of owner: Int64, in connection: any SQLConnection) throws -> Int {
        var total = 0
        for row in try connection.query("SELECT id FROM repository WHERE owner_id = ?", [owner]) {
            total += try ContentStore.linkedBytes(scope: row.int64(0), in: connection)
        }
        return total
    }
}
