import HubCore
import HubDatabase

extension AccountService {
    /// What is known of a token; its text is known to its holder alone.
    package struct TokenRecord: Sendable, Hashable {
        package let id: Int64
        package let name: String
        package let scope: TokenScope

        /// Unix seconds.
        package let createdAt: Int64

        /// Unix seconds; nil for a token that does not expire.
        package let expiresAt: Int64?

        package func hasExpired(at instant: Int64) -> Bool { expiresAt.map { $0 <= instant } ?? false }
    }

    /// The tokens of a user, expired ones included, the oldest first.
    package func tokens(of user: String) async throws -> [TokenRecord] {
        try await database.read { connection in
            let account = try Self.account(user, .user, in: connection)
            return try connection.query(
                """
                SELECT id, name, scope, created_at, expires_at FROM access_token WHERE user_id = ? ORDER BY id
                """,
                [account.id]
            ).map { row in
                TokenRecord(
                    id: try row.int64(0), name: try row.string(1),
                    scope: try TokenScope(rawValue: row.string(2)) ?? .read, createdAt: try row.int64(3),
                    expiresAt: try row.optional(4, row.int64))
            }
        }
    }

    /// Makes a token of `user` worthless, at once, and with it what was signed by its means, such as links to downloads.
    package func revokeToken(_ id: Int64, of user: String) async throws {
        try await database.write { connection in
            let account = try Self.account(user, .user, in: connection)
            let revoked = try connection.query(
                "DELETE FROM access_token WHERE id = ? AND user_id = ? RETURNING id", [id, account.id])
            // What would renew it goes with it.
            try connection.execute(
                "DELETE FROM refresh_token WHERE token_id = ? AND user_id = ?", [id, account.id])
            guard !revoked.isEmpty else { throw HubError.notFound("\(account.name) has no token \(id)") }
            // A login it may have approved, and nobody has fetched yet, would make a new one.
            try connection.execute("DELETE FROM device_login WHERE user_id = ?", [account.id])
        }
    }

    /// Makes all tokens of `user` worthless and says how many there were.
    package func revokeAllTokens(of user: String) async throws -> Int {
        try await database.write { connection in
            let account = try Self.account(user, .user, in: connection)
            try connection.execute("DELETE FROM refresh_token WHERE user_id = ?", [account.id])
            // A login that was approved and not fetched yet would make a new one.
            try connection.execute("DELETE FROM device_login WHERE user_id = ?", [account.id])
            return try connection.query("DELETE FROM access_token WHERE user_id = ? RETURNING id", [account.id]).count
        }
    }
}
