import HubCore
import HubDatabase

/// Tokens for git-lfs, given to somebody who came by SSH: for one repository, one direction and a few minutes.
package struct LargeFileGrants: Sendable {
    let database: any SQLDatabase
    let signer: TokenSigner

    /// Seconds for which a token may be used; git-lfs asks for another one then.
    package static let lifetime: Int64 = 900

    /// What tells such a token from all others.
    package static let prefix = "lfs_"

    private static let purpose = "lfs-token"

    private struct Grant: Codable {
        let user: Int64
        let repository: Int64
        let operation: LFSService.Operation
    }

    /// Makes a token for a repository that the caller may use so; that was asked before.
    package func make(
        _ operation: LFSService.Operation, in record: RepositoryRecord, for caller: Caller
    ) throws -> String {
        guard let user = caller.user else { throw HubError.unauthorized("log in to get a token for git-lfs") }
        let grant = Grant(user: user.id, repository: record.rowID, operation: operation)
        return Self.prefix + (try signer.sign(grant, purpose: Self.purpose, lifetime: Self.lifetime).text)
    }

    /// Who comes with such a token: somebody who is confined to its repository, and only reads if it is for downloads.
    package func authenticate(_ token: String) async throws -> Caller {
        let grant = try signer.verify(
            String(token.dropFirst(Self.prefix.count)), purpose: Self.purpose, as: Grant.self)
        return try await database.read { connection in
            let row = try connection.queryOne(
                "SELECT \(AccountRecord.columns) FROM account WHERE id = ? AND kind = 'user'", [grant.user])
            guard let row else { throw HubError.unauthorized("the token's user is not on the hub any more") }
            let account = try AccountRecord(row)
            return Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin),
                scope: grant.operation == .upload ? .write : .read, tokenName: "git-lfs over SSH",
                confinement: grant.repository)
        }
    }
}
