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
        let bearer: Bearer
        let operation: LFSService.Operation
    }

    /// Makes a token for a repository that the caller may use so; that was asked before.
    package func make(
        _ operation: LFSService.Operation, in record: RepositoryRecord, for caller: Caller
    ) throws -> String {
        guard caller.user != nil else { throw HubError.unauthorized("log in to get a token for git-lfs") }
        let grant = Grant(bearer: Bearer(caller, in: record.rowID), operation: operation)
        return Self.prefix + (try signer.sign(grant, purpose: Self.purpose, lifetime: Self.lifetime).text)
    }

    /// Who comes with such a token: somebody who is confined to its repository, and only reads if it is for downloads.
    package func authenticate(_ token: String) async throws -> Caller {
        let grant = try signer.verify(
            String(token.dropFirst(Self.prefix.count)), purpose: Self.purpose, as: Grant.self)
        return try await database.read { connection in
            guard let account = try Access.account(of: grant.bearer, in: connection) else {
                throw HubError.unauthorized("this token is nobody's")
            }
            return Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin),
                scope: grant.operation == .upload ? .write : .read, tokenName: "git-lfs over SSH",
                tokenID: grant.bearer.token, keyID: grant.bearer.key, confinement: grant.bearer.repository)
        }
    }
}
