import HubAPI
import HubCore
import NIOHTTP1

/// The tokens that open the content-addressed routes of one repository, renewed before they run out.
actor XetAccess {
    enum Scope: String, Sendable {
        case read
        case write
    }

    /// A token with less life left than this, in seconds, is not used any more.
    private static let margin = 60

    private let connection: HubConnection
    private let repository: RepositoryID
    private let now: @Sendable () -> Int
    private var tokens: [Scope: XetTokenBody] = [:]

    /// `now` is the time in Unix seconds.
    init(connection: HubConnection, repository: RepositoryID, now: @escaping @Sendable () -> Int) {
        self.connection = connection
        self.repository = repository
        self.now = now
    }

    /// Runs `body` with a token; once more with a new one if the hub no longer knows the first.
    nonisolated func with<Result: Sendable>(
        _ scope: Scope, _ body: (XetTokenBody) async throws -> Result
    ) async throws -> Result {
        let token = try await token(scope)
        do {
            return try await body(token)
        } catch HubError.unauthorized {
            await forget(token, scope)
            return try await body(self.token(scope))
        }
    }

    private func token(_ scope: Scope) async throws -> XetTokenBody {
        if let token = tokens[scope], token.exp - now() > Self.margin { return token }
        let segments = connection.route(repository) + ["xet-\(scope.rawValue)-token", "main"]
        var call = HTTPCall(.GET, connection.address.url(segments), token: connection.token)
        call.retry = .transfer
        let token: XetTokenBody = try await connection.decode(call)
        tokens[scope] = token
        return token
    }

    private func forget(_ token: XetTokenBody, _ scope: Scope) {
        if tokens[scope]?.accessToken == token.accessToken { tokens[scope] = nil }
    }
}
