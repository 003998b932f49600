import HubCore
import HubDatabase

/// Whom a signed link or token was made for, and the repository it is about.
struct Bearer: Sendable {
    /// Nil is anybody.
    let user: Int64?
    let repository: Int64

    /// The row of the access token it was asked for with, if there was one.
    let token: Int64?
}

extension Access {
    /// Throws unless whoever holds a link or token could be given it now, to read.
    ///
    /// A signature says what was allowed when it was made. Since then the repository may have been deleted or hidden, the
    /// person put out, and the access token revoked; one that has merely expired is no reason to refuse.
    func requireStanding(_ bearer: Bearer) async throws {
        try await database.read { connection in try Self.requireStanding(bearer, in: connection) }
    }

    static func requireStanding(_ bearer: Bearer, in connection: any SQLConnection) throws {
        let caller = try caller(of: bearer, in: connection)
        guard let record = try RepositoryRecord.find(rowID: bearer.repository, in: connection),
            let held = try role(of: caller, on: record, in: connection)
        else {
            throw HubError.notFound("the repository that this link or token was made for is not there")
        }
        guard held >= .read else {
            throw HubError.forbidden(
                "access to \(record.id) is restricted, and whom this link or token was made for is not let in")
        }
    }

    private static func caller(of bearer: Bearer, in connection: any SQLConnection) throws -> Caller {
        guard let user = bearer.user else { return .anonymous }
        let row = try connection.queryOne(
            """
            SELECT \(AccountRecord.columns),
                   (SELECT COUNT(*) FROM access_token WHERE access_token.id = ? AND access_token.user_id = account.id)
            FROM account WHERE id = ?
            """, [bearer.token, user])
        guard let row else {
            throw HubError.forbidden("the person that this link or token was made for is not on the hub any more")
        }
        guard try bearer.token == nil || row.int(4) > 0 else {
            throw HubError.forbidden(
                "the access token that this link or token was asked for with has been revoked; log in again")
        }
        let account = try AccountRecord(row)
        return Caller(
            user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .read, tokenName: "")
    }
}
