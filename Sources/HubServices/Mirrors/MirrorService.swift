package import HubCore
package import HubDatabase
import HubGit

/// Which repositories follow others: for whoever operates the hub, running or not.
package struct MirrorService: Sendable {
    let database: any SQLDatabase
    let options: MirrorOptions
    let now: Now

    package init(database: any SQLDatabase, options: MirrorOptions, now: Now = .system) {
        self.database = database
        self.options = options
        self.now = now
    }

    /// What a mirror is to be.
    package struct Wish: Sendable {
        package var url: String
        package var lfsURL: String?

        /// In whose name refs are moved; nil is the owner.
        package var user: String?
        package var remoteUser: String?
        package var token: String?
        package var everySeconds: Int64 = 3600

        /// Whether what stands in the repository already may go.
        package var replaces = false
        package var visibility = RepositoryRecord.Visibility.public

        package init(url: String) { self.url = url }
    }

    /// The shortest and the longest time between two runs.
    private static let intervals: ClosedRange<Int64> = 5...31_536_000

    /// Makes a repository follow another one, and the repository if there is none; the first run is due at once.
    package func add(_ wish: Wish, to id: RepositoryID) async throws -> Mirror {
        let url = try MirrorURL(wish.url, options: options).text
        let lfsURL = try wish.lfsURL.map { try MirrorURL($0, options: options).text }
        guard Self.intervals.contains(wish.everySeconds) else {
            throw HubError.invalid(
                "a mirror is run every 5 seconds to every year, not every \(wish.everySeconds) seconds")
        }
        for text in [wish.token, wish.remoteUser].compactMap(\.self) {
            guard (1...10_000).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw HubError.invalid("a token and a user name are one word without spaces")
            }
        }
        let instant = now.seconds
        let caller = try await caller(wish.user ?? id.owner)
        try await makeIfAbsent(id, wish.visibility, by: caller)
        return try await database.write { connection in
            let record = try Access.repository(id, for: caller, as: .write, in: connection)
            guard try Mirror.find(record.rowID, in: connection) == nil else {
                throw HubError.conflict("\(record.id) is a mirror already; remove that first")
            }
            let refs = try GitRepository(connection, repository: record.rowID).refs()
            guard wish.replaces || !refs.contains(where: { $0.name.isBranch || $0.name.isTag }) else {
                throw HubError.conflict(
                    "\(record.id) has branches or tags, which a mirror would lose; repeat it with --replace if they may go"
                )
            }
            try connection.execute(
                """
                INSERT INTO mirror (repository_id, url, lfs_url, remote_user, token, user_id, every_seconds, next_run_at,
                                    created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    record.rowID, url, lfsURL, wish.remoteUser, wish.token, caller.user?.id, wish.everySeconds, instant,
                    instant,
                ])
            return try Self.require(id, in: connection)
        }
    }

    package func list() async throws -> [Mirror] {
        try await database.read { connection in try Mirror.all(in: connection) }
    }

    /// Lets a repository go its own way; what it has stays.
    package func remove(_ id: RepositoryID) async throws {
        try await database.write { connection in
            let mirror = try Self.require(id, in: connection)
            try connection.execute("DELETE FROM mirror WHERE repository_id = ?", [mirror.repository.rowID])
        }
    }

    /// The mirror at `id`; ``HubError/notFound(_:)`` if that repository is none.
    package func show(_ id: RepositoryID) async throws -> Mirror {
        try await database.read { connection in try Self.require(id, in: connection) }
    }

    /// The same for a caller who has been let in to the repository; nil if it is no mirror.
    package func state(of record: RepositoryRecord) async throws -> Mirror? {
        try await database.read { connection in try Mirror.find(record.rowID, in: connection) }
    }

    /// Makes the next run due now; the running hub takes it up.
    package func hurry(_ id: RepositoryID) async throws -> Mirror {
        try await database.write { connection in
            let mirror = try Self.require(id, in: connection)
            try connection.execute(
                "UPDATE mirror SET next_run_at = 0 WHERE repository_id = ?", [mirror.repository.rowID])
            return mirror
        }
    }

    static func require(_ id: RepositoryID, in connection: any SQLConnection) throws -> Mirror {
        guard let record = try RepositoryRecord.find(id, in: connection),
            let mirror = try Mirror.find(record.rowID, in: connection)
        else { throw HubError.notFound("\(id) is not a mirror; 'hubd mirror list' shows those there are") }
        return mirror
    }

    private func caller(_ name: String) async throws -> Caller {
        try await database.read { connection in
            guard let account = try AccountRecord.find(name, in: connection), account.kind == .user else {
                throw HubError.invalid(
                    "there is no user '\(name.prefix(100))' in whose name a mirror could run; name one with --user")
            }
            return Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .write,
                tokenName: "mirror")
        }
    }

    private func makeIfAbsent(
        _ id: RepositoryID,
        _ visibility: RepositoryRecord.Visibility,
        by caller: Caller
    ) async throws {
        let repositories = RepositoryService(database: database, access: Access(database: database), now: now)
        do {
            _ = try await repositories.access.repository(id, for: caller, as: .see)
        } catch HubError.repositoryNotFound {
            _ = try await repositories.create(id, visibility: visibility, firstCommit: false, by: caller)
        }
    }
}
