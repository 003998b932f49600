import HubCore
import HubDatabase

/// Whom a signed link or token was made for, and the repository it is about.
struct Bearer: Codable, Sendable {
    /// Nil is anybody.
    let user: Int64?
    let repository: Int64

    /// The row of the access token it was asked for with, if there was one.
    let token: Int64?

    /// The row of the SSH key, if it came to that by SSH.
    let key: Int64?

    init(_ caller: Caller, in repository: Int64) {
        user = caller.user?.id
        self.repository = repository
        token = caller.tokenID
        key = caller.keyID
    }
}

extension Access {
    /// Throws unless whoever holds a link or token could be given it now, to read.
    ///
    /// A signature says what was allowed when it was made. Since then the repository may have been deleted or hidden, the
    /// person put out, and the access token or the SSH key taken away; a token that has merely expired is no reason to
    /// refuse.
    func requireStanding(_ bearer: Bearer) async throws {
        try await database.read { connection in try Self.requireStanding(bearer, in: connection) }
    }

    static func requireStanding(_ bearer: Bearer, in connection: any SQLConnection) throws {
        let caller = try account(of: bearer, in: connection).map { account in
            Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .read, tokenName: "")
        }
        guard let record = try RepositoryRecord.find(rowID: bearer.repository, in: connection),
            let held = try role(of: caller ?? .anonymous, on: record, in: connection)
        else {
            throw HubError.notFound("the repository that this link or token was made for is not there")
        }
        guard held >= .read else {
            throw HubError.forbidden(
                "access to \(record.id) is restricted, and whom this link or token was made for is not let in")
        }
    }

    /// The person a link or token was made for, nil if it was for anybody; throws if they, or what they proved themselves
    /// with, are gone.
    static func account(of bearer: Bearer, in connection: any SQLConnection) throws -> AccountRecord? {
        guard let user = bearer.user else { return nil }
        let row = try connection.queryOne(
            """
            SELECT \(AccountRecord.columns),
                   (SELECT COUNT(*) FROM access_token WHERE access_token.id = ? AND access_token.user_id = account.id),
                   (SELECT COUNT(*) FROM ssh_key WHERE ssh_key.id = ? AND ssh_key.user_id = account.id)
            FROM account WHERE id = ?
            """, [bearer.token, bearer.key, user])
        guard let row else {
            throw HubError.forbidden("the person that this link or token was made for is not on the hub any more")
        }
        guard try bearer.token == nil || row.int(4) > 0 else {
            throw HubError.forbidden(
                "the access token that this link or token was asked for with has been revoked; log in again")
        }
        guard try bearer.key == nil || row.int(5) > 0 else {
            throw HubError.forbidden("the SSH key that this link or token was asked for with has been removed")
        }
        return try AccountRecord(row)
    }
}
