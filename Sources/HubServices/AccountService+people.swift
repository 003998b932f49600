import HubCore
import HubDatabase

extension AccountService {
    /// Every person, by name.
    package func users() async throws -> [AccountRecord] {
        try await database.read { connection in
            try connection.query(
                "SELECT \(AccountRecord.columns) FROM account WHERE kind = 'user' ORDER BY name_key"
            ).map(AccountRecord.init)
        }
    }

    /// Takes a person off the hub: tokens and memberships go at once, what they own must have gone before.
    ///
    /// Returns false if something they wrote still names them: then the name stays, with no way in.
    package func removeUser(_ name: String) async throws -> Bool {
        let user = try await database.write { connection in
            let user = try Self.account(name, .user, in: connection)
            try Self.requireNothingOwned(by: user, in: connection)
            try Self.requireNotLast(user, in: connection)
            try connection.execute("DELETE FROM access_token WHERE user_id = ?", [user.id])
            try Self.forgetTraces(of: user, in: connection)
            try connection.execute("DELETE FROM membership WHERE user_id = ?", [user.id])
            try connection.execute("UPDATE account SET is_admin = 0 WHERE id = ?", [user.id])
            return user
        }
        do {
            try await database.write { connection in
                try connection.execute("DELETE FROM account WHERE id = ?", [user.id])
            }
            return true
        } catch SQLError.constraint {
            return false
        }
    }

    private static func requireNothingOwned(by user: AccountRecord, in connection: any SQLConnection) throws {
        let names = try connection.query(
            "SELECT name FROM repository WHERE owner_id = ? ORDER BY name LIMIT 4", [user.id]
        ).map { row in "\(user.name)/\(try row.string(0))" }
        guard let first = names.first else { return }
        let list = names.count == 1 ? first : names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : "")
        throw HubError.conflict("'\(user.name)' still owns \(list); delete what belongs to them first")
    }

    /// A hub, and an organisation, must keep somebody who can administer it.
    private static func requireNotLast(_ user: AccountRecord, in connection: any SQLConnection) throws {
        if user.isAdmin {
            let others = try connection.queryOne(
                "SELECT 1 FROM account WHERE kind = 'user' AND is_admin <> 0 AND id <> ?", [user.id])
            guard others != nil else {
                throw HubError.conflict("'\(user.name)' is the last administrator of the hub; make another one first")
            }
        }
        let abandoned = try connection.queryOne(
            """
            SELECT account.name FROM membership JOIN account ON account.id = membership.organization_id
            WHERE membership.user_id = ? AND membership.role = 'admin' AND NOT EXISTS (
                SELECT 1 FROM membership AS other
                WHERE other.organization_id = membership.organization_id AND other.role = 'admin'
                    AND other.user_id <> membership.user_id)
            ORDER BY account.name
            """,
            [user.id]
        )
        guard let abandoned else { return }
        throw HubError.conflict(
            "'\(user.name)' is the last administrator of the organization '\(try abandoned.string(0))'; "
                + "make another member its administrator first")
    }
}
