package import HubCore
import HubDatabase

extension Access {
    /// The repository, if the caller may take part in what happens around it: everyone may who can read it and is
    /// logged in: to discuss, and to propose changes with what they upload.
    package func participant(_ id: RepositoryID, for caller: Caller) async throws -> RepositoryRecord {
        try await database.read { connection in try Self.participant(id, for: caller, in: connection) }
    }

    static func participant(
        _ id: RepositoryID,
        for caller: Caller,
        as role: Role = .read,
        in connection: any SQLConnection
    ) throws -> RepositoryRecord {
        let record = try repository(id, for: caller, as: role, in: connection)
        guard caller.user != nil else {
            throw HubError.unauthorized("log in to take part in \(id): to discuss it, or to propose a change")
        }
        guard caller.scope != .read else {
            throw HubError.forbidden("this token may only read; use one with the scope 'write'")
        }
        return record
    }

    /// Throws unless the caller wrote something (`author`) or holds `role`.
    static func requireAuthorship(
        of author: Int64?,
        or role: Role,
        on record: RepositoryRecord,
        by caller: Caller,
        in connection: any SQLConnection
    ) throws {
        if let user = caller.user, user.id == author, caller.scope != .read { return }
        _ = try repository(record.id, for: caller, as: role, in: connection)
    }
}
