package import HubCore
package import HubDatabase

/// The only place that decides who may do what.
///
/// A repository the caller may not read does not exist for them: every answer is the one an absent name gets.
package struct Access: Sendable {
    let database: any SQLDatabase

    package init(database: any SQLDatabase) { self.database = database }

    /// The repository, if the caller holds `role` on it.
    ///
    /// Throws ``HubError/repositoryNotFound(_:)`` when it is absent or invisible, ``HubError/unauthorized(_:)`` when an anonymous
    /// caller asks for more than reading, ``HubError/forbidden(_:)`` when the role or the token's scope is too low, and
    /// ``HubError/gated(_:)`` when the caller may see the repository and was not let in to read it. A name the repository
    /// had before it was moved is ``HubError/moved(to:)``, for those who may see it.
    package func repository(_ id: RepositoryID, for caller: Caller, as role: Role) async throws -> RepositoryRecord {
        try await database.read { connection in
            try Self.repository(id, for: caller, as: role, in: connection)
        }
    }

    static func repository(
        _ id: RepositoryID,
        for caller: Caller,
        as role: Role,
        in connection: any SQLConnection
    ) throws -> RepositoryRecord {
        guard let record = try RepositoryRecord.find(id, in: connection) else {
            if let moved = try RepositoryRecord.find(formerly: id, in: connection),
                try self.role(of: caller, on: moved, in: connection) != nil
            {
                throw HubError.moved(to: moved.id)
            }
            throw HubError.repositoryNotFound("there is no \(id.kind.rawValue) repository \(id)")
        }
        guard let held = try self.role(of: caller, on: record, in: connection) else {
            throw HubError.repositoryNotFound("there is no \(id.kind.rawValue) repository \(id)")
        }
        guard role > .see else { return record }
        guard role > .read else {
            guard held >= .read else { throw gated(record, for: caller) }
            return record
        }
        guard caller.user != nil else {
            if caller.isLoopbackGuest, role <= .write, try admitsLoopbackGuests(to: record, in: connection) {
                return record
            }
            throw HubError.unauthorized("log in to change \(id); anonymous callers may only read it")
        }
        guard held >= role else {
            throw HubError.forbidden("you have the role '\(held.rawValue)' on \(id); this needs '\(role.rawValue)'")
        }
        guard caller.scope.ceiling >= role else {
            throw HubError.forbidden("this token may only read; use one with the scope 'write'")
        }
        return record
    }

    /// Whether the caller may read the repository with this row id.
    package func mayRead(_ rowID: Int64, _ caller: Caller) async throws -> Bool {
        try await database.read { connection in try Self.mayRead(rowID, caller, in: connection) }
    }

    static func mayRead(_ rowID: Int64, _ caller: Caller, in connection: any SQLConnection) throws -> Bool {
        guard let record = try RepositoryRecord.find(rowID: rowID, in: connection) else { return false }
        return try role(of: caller, on: record, in: connection).map { $0 >= .read } ?? false
    }

    /// Whether the caller may push to the repository's default branch.
    package func mayWrite(_ record: RepositoryRecord, _ caller: Caller) async throws -> Bool {
        try await database.read { connection in
            guard caller.scope.ceiling >= .write else { return false }
            return try Self.role(of: caller, on: record, in: connection).map { $0 >= .write } ?? false
        }
    }

    /// Whether the caller may know of the repository with this row id; of a gated one that says nothing of its files.
    static func maySee(_ rowID: Int64, _ caller: Caller, in connection: any SQLConnection) throws -> Bool {
        guard let record = try RepositoryRecord.find(rowID: rowID, in: connection) else { return false }
        return try role(of: caller, on: record, in: connection) != nil
    }

    /// The role it takes to read the file at `path`: cards and attributes are there for everyone who sees the
    /// repository.
    package static func role(toRead path: String) -> Role {
        ["README.md", ".gitattributes"].contains(path) ? .see : .read
    }

    /// Whether the caller may create and own repositories in the name of `owner`.
    static func requireOwnership(
        of owner: AccountRecord,
        by caller: Caller,
        in connection: any SQLConnection
    ) throws {
        guard let user = caller.user else { throw HubError.unauthorized("log in to create a repository") }
        guard caller.scope != .read else {
            throw HubError.forbidden("this token may only read; use one with the scope 'write'")
        }
        guard owner.id != user.id, !user.isAdmin else { return }
        guard let role = try membership(of: user.id, in: owner.id, connection), role >= .write else {
            throw HubError.forbidden("you may not create repositories for '\(owner.name)'")
        }
    }

    /// The caller's role, nil if they may not even read.
    ///
    /// The token's scope is not considered.
    static func role(
        of caller: Caller,
        on record: RepositoryRecord,
        in connection: any SQLConnection
    ) throws -> Role? {
        if let only = caller.confinement, only != record.rowID { return nil }
        let open: Role? = record.visibility == .private ? nil : record.gate == nil ? .read : .see
        guard let user = caller.user else { return open }
        if user.isAdmin || user.id == record.ownerID { return .admin }
        if let held = try membership(of: user.id, in: record.ownerID, connection) { return held }
        guard open == .see else { return open }
        return try AccessRequest.isAccepted(user.id, in: record.rowID, connection) ? .read : .see
    }

    /// In the words that clients know this by.
    private static func gated(_ record: RepositoryRecord, for caller: Caller) -> HubError {
        let name = "\(record.id.kind.rawValue) \(record.id)"
        guard caller.user != nil else {
            return .gated(
                "Access to \(name) is restricted. You must have access to it and be authenticated to access it. "
                    + "Please log in.")
        }
        return .gated(
            "Access to \(name) is restricted and you are not in the authorized list. "
                + "Ask for access with POST /api/\(record.id.kind.plural)/\(record.id)/ask-access.")
    }

    private static func membership(
        of user: Int64,
        in organization: Int64,
        _ connection: any SQLConnection
    ) throws -> Role? {
        try connection.queryOne(
            "SELECT role FROM membership WHERE organization_id = ? AND user_id = ?", [organization, user]
        ).flatMap { row in try Role(rawValue: row.string(0)) }
    }
}
