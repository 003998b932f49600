import Foundation
import HubCore
package import HubDatabase

/// The public keys by which people are known over SSH.
package struct SSHKeyService: Sendable {
    let database: any SQLDatabase
    let now: Now

    package init(database: any SQLDatabase, now: Now = .system) {
        self.database = database
        self.now = now
    }

    /// A key somebody gave to the hub.
    package struct KeyRecord: Sendable {
        package let id: Int64
        package let key: SSHPublicKey
        package let title: String

        /// Unix seconds.
        package let createdAt: Int64

        /// Unix seconds, to the hour; nil if it never was used.
        package let lastUsedAt: Int64?
    }

    /// So many keys one user may have.
    private static let keyLimit = 100

    /// Seconds for which a use of a key is not written down again.
    private static let useInterval: Int64 = 3600

    // MARK: For whoever asks

    /// Adds a key of whoever asks.
    package func add(_ key: SSHPublicKey, title: String?, by caller: Caller) async throws -> KeyRecord {
        let user = try Access.requireWriter(caller, to: "add an SSH key")
        return try await add(key, title: title, to: user.name)
    }

    /// The keys of whoever asks, the oldest first.
    package func keys(of caller: Caller) async throws -> [KeyRecord] {
        try await keys(of: Access.requireUser(caller, to: "see your SSH keys").name)
    }

    /// Removes one of the caller's keys.
    package func remove(_ id: Int64, by caller: Caller) async throws {
        try await remove(id, of: Access.requireWriter(caller, to: "remove an SSH key").name)
    }

    // MARK: For the hub's administration

    /// Gives a key to `user`.
    ///
    /// - Parameter title: Without one the key's comment is its title.
    package func add(_ key: SSHPublicKey, title: String?, to user: String) async throws -> KeyRecord {
        let title = try Self.title(title ?? key.comment, of: key)
        let instant = now.seconds
        return try await database.write { connection in
            let account = try AccountService.account(user, .user, in: connection)
            let count = try connection.queryOne("SELECT COUNT(*) FROM ssh_key WHERE user_id = ?", [account.id])
            guard try count?.int(0) ?? 0 < Self.keyLimit else {
                throw HubError.conflict("you have \(Self.keyLimit) SSH keys; remove some that are not in use")
            }
            let row = try connection.queryOne(
                """
                INSERT INTO ssh_key (user_id, kind, bytes, digest, title, created_at) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (digest) DO NOTHING RETURNING id
                """, [account.id, key.kind.rawValue, key.bytes, key.digest, title, instant])
            guard let id = try row?.int64(0) else {
                throw HubError.conflict("the key \(key.fingerprint) is in use on this hub already")
            }
            return KeyRecord(id: id, key: key, title: title, createdAt: instant, lastUsedAt: nil)
        }
    }

    package func keys(of user: String) async throws -> [KeyRecord] {
        try await database.read { connection in
            let account = try AccountService.account(user, .user, in: connection)
            return try connection.query(
                """
                SELECT id, kind, bytes, title, created_at, last_used_at FROM ssh_key WHERE user_id = ? ORDER BY id
                """, [account.id]
            ).map { row in
                KeyRecord(
                    id: try row.int64(0),
                    key: SSHPublicKey(stored: try row.blob(2), kind: try Self.kind(row.string(1))),
                    title: try row.string(3), createdAt: try row.int64(4), lastUsedAt: try row.optional(5, row.int64))
            }
        }
    }

    package func remove(_ id: Int64, of user: String) async throws {
        try await database.write { connection in
            let account = try AccountService.account(user, .user, in: connection)
            let removed = try connection.execute(
                "DELETE FROM ssh_key WHERE id = ? AND user_id = ?", [id, account.id])
            guard removed > 0 else { throw HubError.notFound("\(account.name) has no SSH key \(id)") }
        }
    }

    // MARK: For sshd

    /// The number of a key that somebody gave to the hub; nil for all others.
    package func find(_ key: SSHPublicKey) async throws -> Int64? {
        try await database.read { connection in
            try connection.queryOne("SELECT id FROM ssh_key WHERE digest = ?", [key.digest])?.int64(0)
        }
    }

    /// Who came with a key; throws ``HubError/unauthorized(_:)`` if it was removed meanwhile.
    ///
    /// The key allows what a token of scope `write` does.
    package func authenticate(_ id: Int64) async throws -> Caller {
        let instant = now.seconds
        let (caller, lastUse) = try await database.read { connection in
            let row = try connection.queryOne(
                """
                SELECT \(AccountRecord.columns), ssh_key.title, ssh_key.last_used_at
                FROM ssh_key JOIN account ON account.id = ssh_key.user_id WHERE ssh_key.id = ?
                """, [id])
            guard let row else { throw HubError.unauthorized("this SSH key is not known to the hub any more") }
            let account = try AccountRecord(row)
            let caller = Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .write,
                tokenName: try row.string(4), keyID: id)
            return (caller, try row.optional(5, row.int64))
        }
        if (lastUse ?? 0) + Self.useInterval <= instant {
            try await database.write { connection in
                try connection.execute("UPDATE ssh_key SET last_used_at = ? WHERE id = ?", [instant, id])
            }
        }
        return caller
    }

    private static func kind(_ word: String) throws -> SSHPublicKey.Kind {
        guard let kind = SSHPublicKey.Kind(rawValue: word) else {
            throw SQLError.other("'\(word)' is not a kind of SSH key")
        }
        return kind
    }

    private static func title(_ text: String, of key: SSHPublicKey) throws -> String {
        let title = text.trimmingCharacters(in: .whitespaces)
        guard title.utf8.count <= 200, !title.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else { throw HubError.invalid("a key's title has at most 200 bytes, in one line") }
        return title.isEmpty ? key.kind.rawValue : title
    }
}
