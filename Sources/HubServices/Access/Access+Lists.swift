package import HubCore
import HubDatabase

extension Access {
    /// The role a caller has in everything an account owns; nil if they are nobody there.
    ///
    /// The token's scope is not considered.
    static func role(of caller: Caller, inNameOf owner: Int64, in connection: any SQLConnection) throws -> Role? {
        guard let user = caller.user else { return nil }
        if user.isAdmin || user.id == owner { return .admin }
        return try connection.queryOne(
            "SELECT role FROM membership WHERE organization_id = ? AND user_id = ?", [owner, user.id]
        ).flatMap { row in try Role(rawValue: row.string(0)) }
    }

    /// The repository that has this name or had it before, if the caller may read it.
    ///
    /// For names that stand in a body: only a name in the URL is answered with a redirect.
    package func current(_ id: RepositoryID, for caller: Caller) async throws -> RepositoryRecord {
        try await database.read { connection in try Self.current(id, for: caller, in: connection) }
    }

    static func current(
        _ id: RepositoryID,
        for caller: Caller,
        as role: Role = .read,
        in connection: any SQLConnection
    ) throws -> RepositoryRecord {
        do {
            return try repository(id, for: caller, as: role, in: connection)
        } catch HubError.moved(let now) {
            return try repository(now, for: caller, as: role, in: connection)
        }
    }

    /// The user who asks, if their token may change things; throws what to tell them otherwise.
    static func requireWriter(_ caller: Caller, to purpose: String) throws -> Caller.User {
        guard let user = caller.user else { throw HubError.unauthorized("log in to \(purpose)") }
        guard caller.scope != .read else {
            throw HubError.forbidden("this token may only read; use one with the scope 'write' to \(purpose)")
        }
        return user
    }

    /// The user who asks, whatever their token may do.
    static func requireUser(_ caller: Caller, to purpose: String) throws -> Caller.User {
        guard let user = caller.user else { throw HubError.unauthorized("log in to \(purpose)") }
        return user
    }
}
