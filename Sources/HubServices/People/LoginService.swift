import HubCore
import HubDatabase

/// Logs programs in that cannot ask for a token themselves (OAuth 2.0 device authorization grant, RFC 8628).
///
/// The program shows a short code; its user types the code on the hub's page together with an access token of theirs,
/// which proves who they are; the program, which has been asking all the while, is then given a token of its own.
package struct LoginService: Sendable {
    let database: any SQLDatabase
    let accounts: AccountService
    let attempts: AttemptLimiter<Int64>

    /// Of programs that begin, by the address they come from.
    private let beginnings: AttemptLimiter<[UInt8]>
    let now: Now

    init(database: any SQLDatabase, accounts: AccountService, now: Now) {
        self.database = database
        self.accounts = accounts
        self.now = now
        attempts = AttemptLimiter(
            limit: 10, window: Self.codeLifetime, sentence: "too many wrong codes; wait a while", now: now)
        beginnings = AttemptLimiter(
            limit: Self.waitingOfAddress, window: Self.codeLifetime,
            sentence: "too many programs at your address have begun to log in; wait a while", now: now)
    }

    /// Seconds for which a code is good.
    package static let codeLifetime: Int64 = 900

    /// Seconds a program should wait between two questions.
    package static let interval: Int64 = 5

    /// Seconds for which a token obtained this way is good, and for which it can be renewed.
    private static let tokenLifetime: Int64 = 7 * 86_400
    private static let refreshLifetime: Int64 = 90 * 86_400

    /// Seconds for which the token before goes on working after a renewal, for processes that hold it.
    private static let overlap: Int64 = 300

    /// So many programs may wait at the same time.
    private static let waitingLimit = 1000

    /// So many of them at one address, so that no one fills the list.
    private static let waitingOfAddress = 50

    package struct Codes: Sendable {
        /// For the program alone.
        package let device: String

        /// For a person to type: `XXXX-XXXX`.
        package let user: String
    }

    /// A token and what renews it.
    package struct Tokens: Sendable {
        package let access: String
        package let refresh: String
        package let lifetime: Int64
        package let scope: TokenScope
    }

    /// What a program that asks is told.
    package enum Answer: Sendable {
        case granted(Tokens)
        case pending
        case slowDown
        case expired
        case denied
        /// A refresh token that is unknown, used up or expired.
        case invalidGrant
    }

    // MARK: The program

    /// - Parameter address: Where the program is, if that is known and counts.
    package func begin(from address: [UInt8]? = nil) async throws -> Codes {
        if let address { try beginnings.claim(address) }
        do {
            return try await makeCodes()
        } catch {
            if let address { beginnings.release(address) }
            throw error
        }
    }

    private func makeCodes() async throws -> Codes {
        let codes = Codes(device: AccountService.randomText(length: 43), user: Self.freshUserCode())
        let instant = now.seconds
        try await database.write { connection in
            try connection.execute("DELETE FROM device_login WHERE expires_at < ?", [instant - Self.codeLifetime])
            let waiting = try connection.queryOne("SELECT COUNT(*) FROM device_login WHERE expires_at >= ?", [instant])
            guard try waiting?.int(0) ?? 0 < Self.waitingLimit else {
                throw HubError.tooManyRequests(
                    "too many programs wait to be logged in; try again in a minute", retryAfter: 60)
            }
            try connection.execute(
                """
                INSERT INTO device_login (device_digest, user_code, state, last_polled_at, expires_at)
                VALUES (?, ?, 'pending', 0, ?)
                """,
                [AccountService.digest(of: codes.device), codes.user, instant + Self.codeLifetime])
        }
        return codes
    }

    /// Answers the program that holds a device code; a token is given once.
    package func poll(_ deviceCode: String) async throws -> Answer {
        let digest = AccountService.digest(of: deviceCode)
        let instant = now.seconds
        return try await database.write { connection in
            let row = try connection.queryOne(
                "SELECT id, state, user_id, scope, last_polled_at, expires_at FROM device_login WHERE device_digest = ?",
                [digest])
            guard let row, try row.int64(5) > instant else { return .expired }
            let id = try row.int64(0)
            switch try row.string(1) {
            case "approved":
                try connection.execute("DELETE FROM device_login WHERE id = ?", [id])
                let scope = try TokenScope(rawValue: row.string(3)) ?? .read
                return .granted(try Self.issue(to: row.int64(2), scope, at: instant, in: connection))
            case "denied":
                try connection.execute("DELETE FROM device_login WHERE id = ?", [id])
                return .denied
            default:
                let isHasty = try instant - row.int64(4) < Self.interval - 1
                try connection.execute("UPDATE device_login SET last_polled_at = ? WHERE id = ?", [instant, id])
                return isHasty ? .slowDown : .pending
            }
        }
    }

    /// Renews a login; a refresh token works once.
    package func refresh(_ refreshToken: String) async throws -> Answer {
        let digest = AccountService.digest(of: refreshToken)
        let instant = now.seconds
        return try await database.write { connection in
            let row = try connection.queryOne(
                "SELECT id, token_id, user_id, scope FROM refresh_token WHERE digest = ? AND expires_at > ?",
                [digest, instant])
            guard let row else { return .invalidGrant }
            try connection.execute("DELETE FROM refresh_token WHERE id = ?", [row.int64(0)])
            try connection.execute(
                "UPDATE access_token SET expires_at = ? WHERE id = ? AND expires_at > ?",
                [instant + Self.overlap, row.int64(1), instant + Self.overlap])
            let scope = try TokenScope(rawValue: row.string(3)) ?? .read
            return .granted(try Self.issue(to: row.int64(2), scope, at: instant, in: connection))
        }
    }

    // MARK: The person

    /// Lets the program that shows `userCode` in, or turns it away, in the name of the owner of `token`.
    ///
    /// It is given no more than the token allows, and never the administration of the hub. Returns the person's name.
    package func decide(
        _ userCode: String,
        token: String,
        isApproved: Bool,
        scope: TokenScope
    ) async throws -> String {
        let caller = try await accounts.authenticate(token)
        guard let user = caller.user else { throw HubError.unauthorized("paste an access token of yours") }
        guard scope == .read || caller.scope != .read else {
            throw HubError.forbidden("your token may only read, so the program cannot be allowed more")
        }
        try attempts.claim(user.id)
        let code = Self.normalized(userCode)
        let instant = now.seconds
        let found = try await database.write { connection in
            try connection.execute(
                """
                UPDATE device_login SET state = ?, user_id = ?, scope = ?
                WHERE user_code = ? AND state = 'pending' AND expires_at > ?
                """,
                [isApproved ? "approved" : "denied", user.id, scope == .read ? "read" : "write", code, instant])
        }
        guard found == 1 else {
            throw HubError.notFound("this code is unknown, used or expired; start the login again")
        }
        attempts.release(user.id)
        return user.name
    }

    /// As codes are kept: people type them in any case, with or without the dash.
    private static func normalized(_ code: String) -> String {
        let letters = code.uppercased().filter { $0.isASCII && $0.isLetter }.prefix(8)
        return "\(letters.prefix(4))-\(letters.dropFirst(4))"
    }

    /// Twenty letters without vowels, eight times: no words, and 2.5 · 10¹⁰ codes.
    private static func freshUserCode() -> String {
        var generator = SystemRandomNumberGenerator()
        return normalized(
            String((0..<8).compactMap { _ in "BCDFGHJKLMNPQRSTVWXZ".randomElement(using: &generator) }))
    }

    private static func issue(
        to user: Int64,
        _ scope: TokenScope,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws -> Tokens {
        let row = try connection.queryOne("SELECT \(AccountRecord.columns) FROM account WHERE id = ?", [user])
        guard let account = try row.map(AccountRecord.init) else { throw HubError.notFound("the user is gone") }
        try connection.execute("DELETE FROM refresh_token WHERE user_id = ? AND expires_at < ?", [user, instant])
        // Links that were made with a token go on when it expires, and end when it is gone.
        try connection.execute(
            """
            DELETE FROM access_token WHERE user_id = ? AND expires_at < ?
              AND id NOT IN (SELECT token_id FROM refresh_token)
            """, [user, instant - LFSService.lifetime - 60])
        let token = try AccountService.insertToken(
            of: account, name: "device login", scope: scope, at: instant, lifetime: tokenLifetime, in: connection)
        let refresh = "hubr_" + AccountService.randomText(length: 40)
        try connection.execute(
            "INSERT INTO refresh_token (digest, token_id, user_id, scope, expires_at) VALUES (?, ?, ?, ?, ?)",
            [AccountService.digest(of: refresh), token.id, user, scope.rawValue, instant + refreshLifetime])
        return Tokens(access: token.text, refresh: refresh, lifetime: tokenLifetime, scope: scope)
    }
}
