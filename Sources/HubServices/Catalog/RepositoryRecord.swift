package import HubCore
import HubDatabase

/// A row of `repository`.
package struct RepositoryRecord: Sendable, Hashable {
    package enum Visibility: String, Sendable, Hashable {
        case `public`
        case `private`
    }

    /// Who may have the files, beyond who may see the repository.
    package enum Gate: String, Sendable, Hashable {
        /// Whoever asks.
        case auto

        /// Whoever someone has let in.
        case manual
    }

    package let rowID: Int64
    package let id: RepositoryID
    package let ownerID: Int64
    package let visibility: Visibility

    /// The repository this was forked from, if that still exists.
    package let upstreamID: Int64?

    /// Unix seconds.
    package let createdAt: Int64
    package let updatedAt: Int64

    /// Nil if everyone who may see the repository may have its files.
    package let gate: Gate?
}

extension RepositoryRecord {
    /// Every query over `repository` reads these columns, in the order ``init(_:)`` expects.
    static let selection = """
        SELECT repository.id, repository.kind, account.name, repository.name, repository.owner_id,
               repository.visibility, repository.upstream_id, repository.created_at, repository.updated_at,
               repository.gate
        FROM repository JOIN account ON account.id = repository.owner_id
        """

    init(_ row: SQLRow) throws {
        let kind = try row.string(1)
        guard let kind = RepositoryID.Kind(rawValue: kind) else {
            throw SQLError.other("'\(kind)' is not a kind of repository")
        }
        rowID = try row.int64(0)
        id = try RepositoryID(kind, owner: row.string(2), name: row.string(3))
        ownerID = try row.int64(4)
        visibility = try Visibility(rawValue: row.string(5)) ?? .private
        upstreamID = try row.optional(6, row.int64)
        createdAt = try row.int64(7)
        updatedAt = try row.int64(8)
        // A word that a newer hub wrote keeps the files in.
        gate = try row.optional(9, row.string).map { Gate(rawValue: $0) ?? .manual }
    }

    /// Finds a repository whatever the case of its name.
    static func find(_ id: RepositoryID, in connection: any SQLConnection) throws -> RepositoryRecord? {
        try connection.queryOne(
            selection + " WHERE account.name_key = ? AND repository.name_key = ? AND repository.kind = ?",
            [id.owner.lowercased(), id.name.lowercased(), id.kind.rawValue]
        ).map(RepositoryRecord.init)
    }

    static func find(rowID: Int64, in connection: any SQLConnection) throws -> RepositoryRecord? {
        try connection.queryOne(selection + " WHERE repository.id = ?", [rowID]).map(RepositoryRecord.init)
    }
}
