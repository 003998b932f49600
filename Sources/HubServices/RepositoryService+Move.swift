package import HubCore
import HubDatabase

extension RepositoryService {
    /// Gives a repository another name, another owner, or both.
    ///
    /// Nothing in it changes, and the old name goes on leading to it until another repository takes that name. The
    /// caller must administer it and be allowed to own repositories in the new owner's name.
    package func move(_ source: RepositoryID, to target: RepositoryID, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in
            let record = try Access.repository(source, for: caller, as: .admin, in: connection)
            let owner = try Self.owner(of: target, for: caller, in: connection)
            try Self.requireFreeWord(target)
            if let other = try RepositoryRecord.find(target, in: connection), other.rowID != record.rowID {
                throw HubError.conflict("A \(target.kind.rawValue) repository called \(target) already exists")
            }
            try Self.forgetAlias(of: target, owner: owner.id, in: connection)
            try connection.execute(
                "UPDATE repository SET owner_id = ?, name = ?, name_key = ?, updated_at = ? WHERE id = ?",
                [owner.id, target.name, target.name.lowercased(), instant, record.rowID])
            if owner.id != record.ownerID || target.name.lowercased() != record.id.name.lowercased() {
                try Self.rememberAlias(of: record, at: instant, in: connection)
            }
            try Event.record(
                "repository-moved", on: record.rowID, by: caller,
                payload: ["from": record.id.path, "to": target.path], at: instant, in: connection)
        }
    }

    private static func rememberAlias(
        of record: RepositoryRecord,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO repository_alias (kind, owner_id, name_key, repository_id, created_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (kind, owner_id, name_key) DO UPDATE SET repository_id = excluded.repository_id
            """,
            [record.id.kind.rawValue, record.ownerID, record.id.name.lowercased(), record.rowID, instant])
    }

    static func forgetAlias(of id: RepositoryID, owner: Int64, in connection: any SQLConnection) throws {
        try connection.execute(
            "DELETE FROM repository_alias WHERE kind = ? AND owner_id = ? AND name_key = ?",
            [id.kind.rawValue, owner, id.name.lowercased()])
    }
}

extension RepositoryRecord {
    /// Finds the repository that had this name before it was moved.
    static func find(formerly id: RepositoryID, in connection: any SQLConnection) throws -> RepositoryRecord? {
        let row = try connection.queryOne(
            """
            SELECT repository_alias.repository_id FROM repository_alias
            JOIN account ON account.id = repository_alias.owner_id
            WHERE repository_alias.kind = ? AND account.name_key = ? AND repository_alias.name_key = ?
            """,
            [id.kind.rawValue, id.owner.lowercased(), id.name.lowercased()])
        return try row.flatMap { row in try find(rowID: row.int64(0), in: connection) }
    }
}
