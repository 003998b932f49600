import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The caller's own access tokens.
struct TokenRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        let place = "settings/tokens"
        routes.get(place, "Lists the caller's access tokens.", answer: .json([TokenBody].self)) { _, context in
            let tokens = try await hub.accounts.tokens(of: context.caller)
            return try Answer.json(tokens.map { TokenBody($0, context.caller) })
        }
        routes.post(
            place, "Makes an access token; it is told only now.", body: .json(CreateTokenBody.self),
            answer: .json(TokenBody.self), use: create)
        routes.delete("\(place)/:token", "Takes an access token out of use.") { _, context in
            guard let id = PublicID.rowID(try context.parameter("token")) else {
                throw HubError.notFound("you have no such token")
            }
            try await hub.accounts.revokeToken(id, by: context.caller)
            return Answer.empty()
        }
    }

    @Sendable private func create(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(CreateTokenBody.self, limit: hub.limits.jsonBytes)
        let role = body.role ?? .read
        let token = try await hub.accounts.createToken(
            name: body.name, scope: TokenScope(role), lifetime: body.expiresIn, by: context.caller)
        var response = try Answer.json(
            TokenBody(
                id: PublicID.text(token.id), name: body.name, role: role, createdAt: timestamp(token.createdAt),
                expiresAt: token.expiresAt.map(timestamp), isCurrent: false, token: token.text))
        response.headers[.cacheControl] = "no-store"
        return response
    }
}

extension TokenBody {
    fileprivate init(_ token: AccountService.TokenRecord, _ caller: Caller) {
        self.init(
            id: PublicID.text(token.id), name: token.name, role: TokenRole(token.scope),
            createdAt: timestamp(token.createdAt), expiresAt: token.expiresAt.map(timestamp),
            isCurrent: token.id == caller.tokenID)
    }
}

extension TokenRole {
    init(_ scope: TokenScope) {
        self =
            switch scope {
            case .read: .read
            case .write: .write
            case .admin: .admin
            }
    }
}

extension TokenScope {
    init(_ role: TokenRole) {
        self =
            switch role {
            case .read: .read
            case .write: .write
            case .admin: .admin
            }
    }
}
