import HubAPI
import HubCore

/// The tokens that open the content-addressed routes of one repository, renewed before they run out.
actor XetAccess {
    enum Scope: String, Sendable {
        case read
        case write
    }

    /// A token with less life left than this, in seconds, is not used any more.
    private static let margin = 60

    private let now: @Sendable () -> Int
    private let source: @Sendable (Scope) async throws -> XetTokenBody
    private var first: XetTokenBody?
    private var tokens: [Scope: XetTokenBody] = [:]

    /// `now` is the time in Unix seconds; `first` is used for whatever it is good for, before `source` is asked.
    init(
        now: @escaping @Sendable () -> Int, first: XetTokenBody? = nil,
        source: @escaping @Sendable (Scope) async throws -> XetTokenBody
    ) {
        self.now = now
        self.first = first
        self.source = source
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
        if let token = first ?? tokens[scope], token.exp - now() > Self.margin { return token }
        first = nil
        let token = try await source(scope)
        tokens[scope] = token
        return token
    }

    private func forget(_ token: XetTokenBody, _ scope: Scope) {
        if first?.accessToken == token.accessToken { first = nil }
        if tokens[scope]?.accessToken == token.accessToken { tokens[scope] = nil }
    }
}
