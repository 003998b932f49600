import HubDatabase

/// A row of `account`: a person or an organisation.
///
/// Both share one space of names.
package struct AccountRecord: Sendable, Hashable {
    package enum Kind: String, Sendable {
        case user
        case organization
    }

    package let id: Int64
    package let name: String
    package let kind: Kind
    package let isAdmin: Bool
}

extension AccountRecord {
    static let columns = "account.id, account.name, account.kind, account.is_admin"

    init(_ row: SQLRow) throws {
        id = try row.int64(0)
        name = try row.string(1)
        kind = try Kind(rawValue: row.string(2)) ?? .user
        isAdmin = try row.bool(3)
    }

    /// Finds an account whatever the case of its name.
    static func find(_ name: String, in connection: any SQLConnection) throws -> AccountRecord? {
        try connection.queryOne("SELECT \(columns) FROM account WHERE name_key = ?", [name.lowercased()])
            .map(AccountRecord.init)
    }
}
