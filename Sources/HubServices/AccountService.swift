import HubCore
package import HubDatabase

/// People, organisations and their tokens.
package struct AccountService: Sendable {
    let database: any SQLDatabase
    let now: Now
    private let known = KnownTokens()

    package init(database: any SQLDatabase, now: Now = .system) {
        self.database = database
        self.now = now
    }

    /// An organisation and the role somebody has in it.
    package struct Organization: Sendable {
        package let id: Int64
        package let name: String
        package let fullName: String
        package let role: Role
    }

    /// Who a token belongs to; nil credentials are anonymous.
    ///
    /// Throws ``HubError/unauthorized(_:)`` for a token that is unknown or expired.
    package func authenticate(_ token: String?) async throws -> Caller {
        guard let token else { return .anonymous }
        let digest = Self.digest(of: token)
        // Asked before the token is looked up: what is remembered is at least as new as its version says.
        let version = try database.version()
        let owner: KnownTokens.Owner
        if let version, let known = known.owner(of: digest, at: version) {
            owner = known
        } else {
            owner = try await findOwner(of: digest)
            if let version { known.remember(owner, of: digest, at: version) }
        }
        if let expiry = owner.expiresAt, expiry <= now.seconds {
            throw HubError.unauthorized("the access token has expired; make a new one and log in")
        }
        return owner.caller
    }

    private func findOwner(of digest: [UInt8]) async throws -> KnownTokens.Owner {
        try await database.read { connection in
            let row = try connection.queryOne(
                """
                SELECT \(AccountRecord.columns), access_token.scope, access_token.name, access_token.expires_at,
                       access_token.id
                FROM access_token JOIN account ON account.id = access_token.user_id
                WHERE access_token.digest = ?
                """,
                [digest]
            )
            guard let row else { throw HubError.unauthorized("the access token is unknown; make a new one and log in") }
            let account = try AccountRecord(row)
            let caller = Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin),
                scope: try TokenScope(rawValue: row.string(4)) ?? .read,
                tokenName: try row.string(5), tokenID: try row.int64(7)
            )
            return KnownTokens.Owner(caller: caller, expiresAt: try row.optional(6, row.int64))
        }
    }

    /// Creates a person.
    package func createUser(_ name: String, isAdmin: Bool = false) async throws -> AccountRecord {
        try await create(name, kind: .user, isAdmin: isAdmin)
    }

    /// Creates an organisation with its first administrator; without one there is no organisation.
    package func createOrganization(_ name: String, administrator: String) async throws -> AccountRecord {
        try await create(name, kind: .organization, isAdmin: false) { connection in
            try Self.setMember(administrator, of: name, role: .admin, in: connection)
        }
    }

    /// As ``createOrganization(_:administrator:)``, in a transaction under way.
    static func createOrganization(
        _ name: String,
        administrator: String,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        try requireName(name)
        try insert(name, kind: .organization, isAdmin: false, at: instant, in: connection)
        try setMember(administrator, of: name, role: .admin, in: connection)
    }

    /// Takes an organisation away that owns nothing, and was made so shortly before that nothing else names it.
    static func removeNewOrganization(_ name: String, in connection: any SQLConnection) throws {
        let organization = try account(name, .organization, in: connection)
        let owned = try connection.queryOne("SELECT 1 FROM repository WHERE owner_id = ?", [organization.id])
        guard owned == nil else { return }
        try connection.execute("DELETE FROM membership WHERE organization_id = ?", [organization.id])
        try connection.execute("DELETE FROM account WHERE id = ?", [organization.id])
    }

    /// Gives `user` a role in `organization`, or takes it away (nil), which only members have.
    package func setMember(_ user: String, of organization: String, role: Role?) async throws {
        try await database.write { connection in
            try Self.setMember(user, of: organization, role: role, in: connection)
        }
    }

    private static func setMember(
        _ user: String,
        of organization: String,
        role: Role?,
        in connection: any SQLConnection
    ) throws {
        let organization = try account(organization, .organization, in: connection)
        let user = try account(user, .user, in: connection)
        let removed = try connection.execute(
            "DELETE FROM membership WHERE organization_id = ? AND user_id = ?", [organization.id, user.id])
        guard let role else {
            guard removed > 0 else { throw HubError.notFound("\(user.name) is no member of \(organization.name)") }
            return
        }
        try connection.execute(
            "INSERT INTO membership (organization_id, user_id, role) VALUES (?, ?, ?)",
            [organization.id, user.id, role.rawValue]
        )
    }

    /// The organisations a user belongs to, with their role in each.
    package func organizations(of user: Int64) async throws -> [Organization] {
        try await database.read { connection in
            try connection.query(
                """
                SELECT account.id, account.name, COALESCE(account.full_name, account.name), membership.role
                FROM membership JOIN account ON account.id = membership.organization_id
                WHERE membership.user_id = ? ORDER BY account.name
                """,
                [user]
            ).map { row in
                Organization(
                    id: try row.int64(0), name: try row.string(1), fullName: try row.string(2),
                    role: try Role(rawValue: row.string(3)) ?? .read)
            }
        }
    }

    /// Whether there is anyone yet; a hub without accounts is a new one.
    package func isEmpty() async throws -> Bool {
        try await database.read { connection in try connection.queryOne("SELECT id FROM account LIMIT 1") == nil }
    }

    /// - Parameter complete: Does what must be done with the new account in the same transaction.
    private func create(
        _ name: String,
        kind: AccountRecord.Kind,
        isAdmin: Bool,
        complete: @escaping @Sendable (any SQLConnection) throws -> Void = { _ in }
    ) async throws -> AccountRecord {
        try Self.requireName(name)
        let created = now.seconds
        do {
            return try await database.write { connection in
                try Self.insert(name, kind: kind, isAdmin: isAdmin, at: created, in: connection)
                try complete(connection)
                return try Self.account(name, kind, in: connection)
            }
        } catch SQLError.constraint {
            throw HubError.conflict("the name '\(name)' is taken")
        }
    }

    private static func requireName(_ name: String) throws {
        guard RepositoryID.isWellFormed(name[...]), !reserved.contains(name.lowercased()) else {
            throw HubError.invalid(
                "'\(name.prefix(100))' cannot be an account name; use up to 96 letters, digits, '-', '_' and '.'")
        }
    }

    private static func insert(
        _ name: String,
        kind: AccountRecord.Kind,
        isAdmin: Bool,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        try connection.execute(
            "INSERT INTO account (name, name_key, kind, is_admin, created_at) VALUES (?, ?, ?, ?, ?)",
            [name, name.lowercased(), kind.rawValue, isAdmin, instant]
        )
    }

    static func account(
        _ name: String,
        _ kind: AccountRecord.Kind,
        in connection: any SQLConnection
    ) throws -> AccountRecord {
        guard let account = try AccountRecord.find(name, in: connection), account.kind == kind else {
            throw HubError.notFound("there is no \(kind.rawValue) '\(name.prefix(100))'")
        }
        return account
    }

    /// Words that stand at the place of an owner in the hub's own URLs.
    private static let reserved: Set<String> = [
        "api", "xet", "datasets", "models", "spaces", "kernels", "health", "lfs", "settings", "oauth", "login",
        "organizations", "new", "metrics", "static", "v1", "v2", "collections", "users", "avatars", "docs", "join",
        "uploads",
    ]
}
