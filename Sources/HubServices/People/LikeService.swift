package import HubCore
package import HubDatabase

/// Who likes which repository.
package struct LikeService: Sendable {
    let database: any SQLDatabase
    let now: Now

    package init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    package struct Like: Sendable {
        package let repository: RepositoryID

        /// Unix seconds.
        package let createdAt: Int64
    }

    /// Makes the caller like a repository they may see, or not like it any more; doing either twice is fine.
    package func setLike(_ isLiked: Bool, _ id: RepositoryID, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in
            let record = try Access.repository(id, for: caller, as: .see, in: connection)
            let user = try Access.requireWriter(caller, to: "like a repository")
            guard isLiked else {
                try connection.execute(
                    "DELETE FROM repository_like WHERE repository_id = ? AND user_id = ?", [record.rowID, user.id])
                return
            }
            try connection.execute(
                """
                INSERT INTO repository_like (repository_id, user_id, created_at) VALUES (?, ?, ?)
                ON CONFLICT DO NOTHING
                """,
                [record.rowID, user.id, instant])
        }
    }

    /// Who likes a repository, first come first; callers have asked `Access` for it.
    package func likers(
        of record: RepositoryRecord,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<PeopleService.Person> {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT repository_like.id, \(PeopleService.personColumns)
                FROM repository_like JOIN account ON account.id = repository_like.user_id
                WHERE repository_like.repository_id = ? AND repository_like.id > ?
                ORDER BY repository_like.id LIMIT ?
                """,
                [caller.user?.id, record.rowID, page.start, page.limit + 1])
            return try RowPage(rows, limit: page.limit) { try PeopleService.Person($0, from: 1) }
        }
    }

    /// What a user likes of all the caller may see, the latest first.
    package func likes(
        of user: String,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<Like> {
        try await database.read { connection in
            let user = try PeopleService.account(user, .user, in: connection)
            let visible = Access.visibility(for: caller)
            let rows = try connection.query(
                """
                SELECT repository_like.id, repository.kind, account.name, repository.name, repository_like.created_at
                FROM repository_like
                JOIN repository ON repository.id = repository_like.repository_id
                JOIN account ON account.id = repository.owner_id
                WHERE repository_like.user_id = ? AND \(visible.condition) AND repository_like.id < ?
                ORDER BY repository_like.id DESC LIMIT ?
                """,
                [user.id] + visible.values + [page.backwardsStart, page.limit + 1])
            return try RowPage(rows, limit: page.limit) { row in
                let kind = RepositoryID.Kind(rawValue: try row.string(1)) ?? .model
                return Like(
                    repository: try RepositoryID(kind, owner: row.string(2), name: row.string(3)),
                    createdAt: try row.int64(4))
            }
        }
    }
}
