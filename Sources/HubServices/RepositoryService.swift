import HubChunks
package import HubCore
package import HubDatabase
import HubGit

/// Creates, finds, changes, forks and deletes repositories.
package struct RepositoryService: Sendable {
    let database: any SQLDatabase
    let access: Access
    let now: Now

    package init(database: any SQLDatabase, access: Access, now: Now) {
        self.database = database
        self.access = access
        self.now = now
    }

    /// Creates an empty repository, or one with a first commit that holds `.gitattributes`.
    ///
    /// - Parameter firstCommit: Whether to make that commit; without it, any history can be pushed.
    package func create(
        _ id: RepositoryID,
        visibility: RepositoryRecord.Visibility,
        firstCommit: Bool,
        by caller: Caller
    ) async throws -> RepositoryRecord {
        let instant = now.seconds
        return try await database.write { connection in
            try Self.create(
                id, visibility: visibility, firstCommit: firstCommit, by: caller, at: instant, in: connection)
        }
    }

    /// As ``create(_:visibility:firstCommit:by:)``, in a transaction under way.
    static func create(
        _ id: RepositoryID,
        visibility: RepositoryRecord.Visibility,
        firstCommit: Bool,
        by caller: Caller,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws -> RepositoryRecord {
        let owner = try owner(of: id, for: caller, in: connection)
        let record = try insert(
            id, owner: owner, visibility: visibility, upstream: nil, at: instant, in: connection)
        if firstCommit, let user = caller.user {
            try writeFirstCommit(of: record, by: user, at: instant, in: connection)
        }
        try Listing.refresh(record.rowID, in: connection)
        try Event.record("repository-created", on: record.rowID, by: caller, at: instant, in: connection)
        return record
    }

    /// Copies a repository: a row, its refs and the links to its content, in one transaction; no byte of a model moves.
    ///
    /// A fork of a private repository is private, and one of a gated repository is gated the same way; neither is opened
    /// further by somebody who may only read the other.
    package func fork(
        _ source: RepositoryID,
        to target: RepositoryID,
        visibility: RepositoryRecord.Visibility?,
        by caller: Caller
    ) async throws -> RepositoryRecord {
        let instant = now.seconds
        return try await database.write { connection in
            let upstream = try Access.repository(source, for: caller, as: .read, in: connection)
            let wanted = visibility ?? upstream.visibility
            guard wanted == .private || upstream.visibility == .public else {
                throw HubError.invalid("\(source) is private, so its fork must be private too")
            }
            let owner = try Self.owner(of: target, for: caller, in: connection)
            let record = try Self.insert(
                target, owner: owner, visibility: wanted, upstream: upstream.rowID, at: instant, in: connection)
            try GitRepository(connection, repository: record.rowID).copyRefs(from: upstream.rowID)
            try ContentStore.copyLinks(from: upstream.rowID, to: record.rowID, in: connection)
            try ContentStore.copyLinks(
                from: PlainFileContent.scope(of: upstream.rowID), to: PlainFileContent.scope(of: record.rowID),
                in: connection)
            try Listing.refresh(record.rowID, in: connection)
            try LargeFileRecord.copyAll(from: upstream.rowID, to: record.rowID, connection)
            try connection.execute(
                "UPDATE repository SET gate = ? WHERE id = ?", [upstream.gate?.rawValue, record.rowID])
            try ForkOrigin.record(upstream, of: record, in: connection)
            try Event.record(
                "repository-forked", on: record.rowID, by: caller, payload: ["from": source.path], at: instant,
                in: connection)
            return record
        }
    }

    /// Removes the repository, its refs and its links; content nobody else links is swept later.
    package func delete(_ id: RepositoryID, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in try Self.delete(id, by: caller, at: instant, in: connection) }
    }

    /// As ``delete(_:by:)``, in a transaction under way.
    static func delete(
        _ id: RepositoryID,
        by caller: Caller,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        let record = try Access.repository(id, for: caller, as: .admin, in: connection)
        try GitRepository(connection, repository: record.rowID).removeAll()
        for table in tablesAboutRepositories {
            try connection.execute("DELETE FROM \(table) WHERE repository_id = ?", [record.rowID])
        }
        try ContentStore.unlinkAll(scope: record.rowID, in: connection)
        try ContentStore.unlinkAll(scope: PlainFileContent.scope(of: record.rowID), in: connection)
        try LargeFileRecord.removeAll(of: record.rowID, connection)
        try JobQueue.leave(record.rowID, in: connection)
        try Listing.remove(record.rowID, in: connection)
        try Popularity.remove(record.rowID, in: connection)
        try connection.execute("DELETE FROM access_request WHERE repository_id = ?", [record.rowID])
        try DiscussionLog.removeAll(of: record.rowID, in: connection)
        try ForkOrigin.keepLast(of: record, in: connection)
        try connection.execute("UPDATE repository SET upstream_id = NULL WHERE upstream_id = ?", [record.rowID])
        try connection.execute("DELETE FROM repository WHERE id = ?", [record.rowID])
        try Event.record(
            "repository-deleted", on: record.rowID, by: caller,
            payload: [
                "name": record.id.path, "kind": record.id.kind.rawValue,
                "visibility": record.visibility.rawValue, "owner": "\(record.ownerID)",
            ], at: instant, in: connection)
    }

    /// Tables with rows about a repository that go when it goes.
    private static let tablesAboutRepositories = [
        "repository_alias", "repository_like", "collection_item", "lfs_lock", "lfs_part", "repository_import", "mirror",
        "fork_origin",
    ]

    /// The name of the repository this one was forked from, if the caller may see it.
    package func upstream(of record: RepositoryRecord, for caller: Caller) async throws -> RepositoryID? {
        guard let upstreamID = record.upstreamID else { return nil }
        return try await database.read { connection in
            guard try Access.maySee(upstreamID, caller, in: connection) else { return nil }
            return try RepositoryRecord.find(rowID: upstreamID, in: connection)?.id
        }
    }

    static func owner(
        of id: RepositoryID,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> AccountRecord {
        guard let owner = try AccountRecord.find(id.owner, in: connection) else {
            guard caller.user != nil else { throw HubError.unauthorized("log in to create a repository") }
            throw HubError.forbidden("you may not create repositories for '\(id.owner)'")
        }
        try Access.requireOwnership(of: owner, by: caller, in: connection)
        return owner
    }

    /// Words that stand behind a repository's name in URLs.
    ///
    /// No repository is called by one of them, so that a path always tells where the name ends.
    package static let reservedNames: Set<String> = [
        "ask-access", "auth-check", "blob", "branch", "collections", "commit", "commits", "compare", "discussions",
        "duplicate",
        "fork",
        "git-receive-pack", "git-upload-pack", "info", "lfs-files", "like", "likers", "merge", "mirror", "paths-info",
        "preupload",
        "raw", "refs", "report", "resolve", "revision", "safetensors-metadata", "settings", "stats", "super-squash",
        "sync",
        "tag",
        "tree", "user-access-request", "xet-read-token", "xet-write-token",
    ]

    static func requireFreeWord(_ id: RepositoryID) throws {
        guard !reservedNames.contains(id.name.lowercased()) else {
            throw HubError.invalid("'\(id.name)' cannot name a repository: it is a word of the hub's own URLs")
        }
    }

    private static func insert(
        _ id: RepositoryID,
        owner: AccountRecord,
        visibility: RepositoryRecord.Visibility,
        upstream: Int64?,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws -> RepositoryRecord {
        try requireFreeWord(id)
        guard try RepositoryRecord.find(id, in: connection) == nil else {
            throw HubError.conflict("A \(id.kind.rawValue) repository called \(id) already exists")
        }
        // Whoever takes a name that was given up has it: it no longer leads to the repository that moved away.
        try forgetAlias(of: id, owner: owner.id, in: connection)
        let row = try connection.queryOne(
            """
            INSERT INTO repository (kind, owner_id, name, name_key, visibility, upstream_id, created_at, updated_at)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
            """,
            [
                id.kind.rawValue, owner.id, id.name, id.name.lowercased(), visibility.rawValue, upstream, instant,
                instant,
            ]
        )
        guard let rowID = try row?.int64(0), let record = try RepositoryRecord.find(rowID: rowID, in: connection)
        else { throw SQLError.other("the new repository has no row") }
        return record
    }
}
