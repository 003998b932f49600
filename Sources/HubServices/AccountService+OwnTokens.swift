import Crypto
import HubCore
import HubDatabase

extension AccountService {
    /// A token at the moment it is made: the only time its text exists.
    package struct NewToken: Sendable {
        package let id: Int64
        package let text: String
        package let createdAt: Int64
        package let expiresAt: Int64?
    }

    /// So many tokens one user may have.
    static let tokenLimit = 500

    /// Makes a token for `user`.
    ///
    /// Only its SHA-256 is kept; the text has 240 random bits, so the hash needs no salt and no stretching.
    package func createToken(
        for user: String,
        name: String,
        scope: TokenScope,
        lifetime seconds: Int64? = nil
    ) async throws -> NewToken {
        let created = now.seconds
        return try await database.write { connection in
            let account = try Self.account(user, .user, in: connection)
            return try Self.insertToken(
                of: account, name: name, scope: scope, at: created, lifetime: seconds, in: connection)
        }
    }

    /// Makes another token for whoever asks; it allows no more than the one they ask with.
    package func createToken(
        name: String,
        scope: TokenScope,
        lifetime seconds: Int64?,
        by caller: Caller
    ) async throws -> NewToken {
        guard (1...100).contains(name.count), name.utf8.count <= 800,
            !name.unicodeScalars.contains(where: { $0.value < 0x20 })
        else {
            throw HubError.invalid("a token needs a name of at most 100 characters")
        }
        if let seconds, !(60...3_153_600_000).contains(seconds) {
            throw HubError.invalid("a token lives for 60 seconds to 100 years")
        }
        let created = now.seconds
        return try await database.write { connection in
            let user = try Access.requireWriter(caller, to: "make a token")
            guard scope != .admin || caller.scope == .admin else {
                throw HubError.forbidden("only a token of scope admin can make another one")
            }
            let account = try Self.account(user.name, .user, in: connection)
            return try Self.insertToken(
                of: account, name: name, scope: scope, at: created, lifetime: seconds, in: connection)
        }
    }

    /// The tokens of whoever asks, the oldest first; their texts are not kept.
    package func tokens(of caller: Caller) async throws -> [TokenRecord] {
        try await tokens(of: Access.requireUser(caller, to: "see your tokens").name)
    }

    /// When the token in use was made.
    package func creation(ofTokenOf caller: Caller) async throws -> Int64? {
        try await database.read { connection in
            try connection.queryOne("SELECT created_at FROM access_token WHERE id = ?", [caller.tokenID])?.int64(0)
        }
    }

    /// Takes one of the caller's own tokens out of use; any token may give up itself.
    package func revokeToken(_ id: Int64, by caller: Caller) async throws {
        let user = try Access.requireUser(caller, to: "revoke a token")
        if caller.tokenID != id { _ = try Access.requireWriter(caller, to: "revoke a token") }
        try await revokeToken(id, of: user.name)
    }

    static func insertToken(
        of account: AccountRecord,
        name: String,
        scope: TokenScope,
        at created: Int64,
        lifetime: Int64?,
        in connection: any SQLConnection
    ) throws -> NewToken {
        guard scope != .admin || account.isAdmin else {
            throw HubError.invalid(
                "'\(account.name)' is not an administrator and cannot have a token of scope admin")
        }
        let count = try connection.queryOne("SELECT COUNT(*) FROM access_token WHERE user_id = ?", [account.id])
        guard try count?.int(0) ?? 0 < tokenLimit else {
            throw HubError.conflict("you have \(tokenLimit) tokens; revoke some that are not in use")
        }
        let text = "hub_" + randomText(length: 40)
        let expiry = lifetime.map { created + $0 }
        let row = try connection.queryOne(
            """
            INSERT INTO access_token (user_id, name, digest, scope, created_at, expires_at)
            VALUES (?, ?, ?, ?, ?, ?) RETURNING id
            """,
            [account.id, name, digest(of: text), scope.rawValue, created, expiry])
        guard let id = try row?.int64(0) else { throw SQLError.other("the new token has no row") }
        return NewToken(id: id, text: text, createdAt: created, expiresAt: expiry)
    }

    static func digest(of text: String) -> [UInt8] { Array(SHA256.hash(data: Array(text.utf8))) }

    static func randomText(length: Int) -> String {
        let alphabet = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        var generator = SystemRandomNumberGenerator()
        return String((0..<length).compactMap { _ in alphabet.randomElement(using: &generator) })
    }
}
