package import HubCore
package import HubDatabase

/// Users and organisations as others see them, and who follows whom.
package struct PeopleService: Sendable {
    let database: any SQLDatabase
    let now: Now

    package init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    /// Someone in a list.
    package struct Person: Sendable {
        package let id: Int64
        package let name: String
        package let fullName: String
        package let kind: AccountRecord.Kind

        /// Whether the caller follows them.
        package let isFollowed: Bool
    }

    /// What there is to say about a user or an organisation; repositories are counted as the caller may see them.
    package struct Overview: Sendable {
        package let person: Person
        package let details: String?

        /// Unix seconds.
        package let createdAt: Int64
        package let repositories: [RepositoryID.Kind: Int]
        package let followers: Int
        package let following: Int
        package let likes: Int

        /// Of a user.
        package let organizations: [Person]

        /// Of an organisation.
        package let members: Int
    }

    package func overview(
        of name: String,
        _ kind: AccountRecord.Kind,
        for caller: Caller
    ) async throws -> Overview {
        try await database.read { connection in
            let account = try Self.account(name, kind, in: connection)
            let row = try connection.queryOne(
                "SELECT \(Self.personColumns), account.details, account.created_at FROM account WHERE account.id = ?",
                [caller.user?.id, account.id])
            guard let row else { throw SQLError.other("the account has no row") }
            return Overview(
                person: try Person(row), details: try row.optional(5, row.string), createdAt: try row.int64(6),
                repositories: try Self.repositoryCounts(of: account, for: caller, in: connection),
                followers: try Self.count("FROM follow WHERE followed_id = ?", [account.id], in: connection),
                following: try Self.count("FROM follow WHERE follower_id = ?", [account.id], in: connection),
                likes: try Self.likes(of: account, for: caller, in: connection),
                organizations: try Self.organizations(of: account, for: caller, in: connection),
                members: try Self.count("FROM membership WHERE organization_id = ?", [account.id], in: connection))
        }
    }

    package func followers(
        of name: String,
        _ kind: AccountRecord.Kind,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<Person> {
        try await people(
            "follow.id", "FROM follow JOIN account ON account.id = follow.follower_id WHERE follow.followed_id = ?",
            of: name, kind, page, for: caller)
    }

    /// Users and organisations that a user follows.
    package func following(of name: String, _ page: RowPageRequest, for caller: Caller) async throws -> RowPage<Person>
    {
        try await people(
            "follow.id", "FROM follow JOIN account ON account.id = follow.followed_id WHERE follow.follower_id = ?",
            of: name, .user, page, for: caller)
    }

    package func members(of name: String, _ page: RowPageRequest, for caller: Caller) async throws -> RowPage<Person> {
        try await people(
            "account.id",
            "FROM membership JOIN account ON account.id = membership.user_id WHERE membership.organization_id = ?",
            of: name, .organization, page, for: caller)
    }

    /// Makes the caller follow someone, or stop it; doing either twice is fine.
    package func setFollowing(
        _ isFollowing: Bool,
        _ name: String,
        _ kind: AccountRecord.Kind,
        by caller: Caller
    ) async throws {
        let instant = now.seconds
        try await database.write { connection in
            let user = try Access.requireWriter(caller, to: "follow someone")
            let followed = try Self.account(name, kind, in: connection)
            guard followed.id != user.id else { throw HubError.invalid("nobody follows themselves") }
            guard isFollowing else {
                try connection.execute(
                    "DELETE FROM follow WHERE follower_id = ? AND followed_id = ?", [user.id, followed.id])
                return
            }
            try connection.execute(
                "INSERT INTO follow (follower_id, followed_id, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                [user.id, followed.id, instant])
        }
    }

    /// Changes how an account is shown: the caller's own, or an organisation they administer.
    ///
    /// Nil leaves as it is, an empty text takes away.
    package func describe(
        _ name: String,
        _ kind: AccountRecord.Kind,
        fullName: String?,
        details: String?,
        by caller: Caller
    ) async throws {
        guard (fullName ?? "").count <= 100, (fullName ?? "").utf8.count <= 800, (details ?? "").count <= 1000,
            (details ?? "").utf8.count <= 8000
        else {
            throw HubError.invalid("a full name may have 100 characters, details 1000")
        }
        guard !((fullName ?? "") + (details ?? "")).unicodeScalars.contains(where: { $0.value < 0x20 && $0 != "\n" })
        else { throw HubError.invalid("a full name and details may have no control characters") }
        try await database.write { connection in
            _ = try Access.requireWriter(caller, to: "change a profile")
            let account = try Self.account(name, kind, in: connection)
            guard try Access.role(of: caller, inNameOf: account.id, in: connection) == .admin else {
                throw HubError.forbidden("you may not change the profile of '\(account.name)'")
            }
            for (column, value) in [("full_name", fullName), ("details", details)] {
                guard let value else { continue }
                try connection.execute(
                    "UPDATE account SET \(column) = ? WHERE id = ?", [value.isEmpty ? nil : value, account.id])
            }
        }
    }

    /// The name of an account as it is written, if there is one of this name in any case.
    package func name(_ name: String) async throws -> String {
        try await database.read { connection in
            guard let account = try AccountRecord.find(name, in: connection) else {
                throw HubError.notFound("there is no user or organization '\(name.prefix(100))'")
            }
            return account.name
        }
    }
}

extension PeopleService {
    /// What ``Person`` reads from; the first value bound is the caller's row id.
    static let personColumns = """
        account.id, account.name, COALESCE(account.full_name, account.name), account.kind,
        EXISTS (SELECT 1 FROM follow WHERE follow.followed_id = account.id AND follow.follower_id = ?)
        """

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

    private func people(
        _ place: String,
        _ source: String,
        of name: String,
        _ kind: AccountRecord.Kind,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<Person> {
        try await database.read { connection in
            let account = try Self.account(name, kind, in: connection)
            let rows = try connection.query(
                "SELECT \(place), \(Self.personColumns) \(source) AND \(place) > ? ORDER BY \(place) LIMIT ?",
                [caller.user?.id, account.id, page.start, page.limit + 1])
            return try RowPage(rows, limit: page.limit) { try Person($0, from: 1) }
        }
    }

    private static func repositoryCounts(
        of account: AccountRecord,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> [RepositoryID.Kind: Int] {
        let visible = Access.visibility(for: caller)
        let rows = try connection.query(
            """
            SELECT kind, COUNT(*) FROM repository WHERE owner_id = ? AND \(visible.condition) GROUP BY kind
            """, [account.id] + visible.values)
        var counts: [RepositoryID.Kind: Int] = [:]
        for row in rows {
            if let kind = RepositoryID.Kind(rawValue: try row.string(0)) { counts[kind] = try row.int(1) }
        }
        return counts
    }

    private static func likes(
        of account: AccountRecord,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> Int {
        let visible = Access.visibility(for: caller)
        return try count(
            """
            FROM repository_like JOIN repository ON repository.id = repository_like.repository_id
            WHERE repository_like.user_id = ? AND \(visible.condition)
            """, [account.id] + visible.values, in: connection)
    }

    private static func organizations(
        of account: AccountRecord,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> [Person] {
        try connection.query(
            """
            SELECT \(personColumns) FROM membership JOIN account ON account.id = membership.organization_id
            WHERE membership.user_id = ? ORDER BY account.name LIMIT 1000
            """, [caller.user?.id, account.id]
        ).map { try Person($0) }
    }

    private static func count(
        _ source: String,
        _ values: [any SQLValueConvertible],
        in connection: any SQLConnection
    ) throws -> Int {
        try connection.queryOne("SELECT COUNT(*) " + source, values)?.int(0) ?? 0
    }
}

extension PeopleService.Person {
    init(_ row: SQLRow, from column: Int = 0) throws {
        id = try row.int64(column)
        name = try row.string(column + 1)
        fullName = try row.string(column + 2)
        kind = try AccountRecord.Kind(rawValue: row.string(column + 3)) ?? .user
        isFollowed = try row.bool(column + 4)
    }
}
