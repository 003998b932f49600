import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Who am I.
struct AccountRoutes {
    let accounts: AccountService

    func add(to routes: RouteTable) {
        routes.get("whoami-v2", "Tells who the access token belongs to.", answer: .json(WhoamiBody.self), use: whoami)
    }

    @Sendable private func whoami(request: Request, context: HubContext) async throws -> Response {
        guard let user = context.caller.user else {
            throw HubError.unauthorized("no access token was sent; log in first")
        }
        let organizations = try await accounts.organizations(of: user.id)
        return try Answer.json(
            WhoamiBody(
                name: user.name,
                isAdmin: user.isAdmin,
                orgs: organizations.map { .init(name: $0.name, roleInOrg: $0.role.rawValue) },
                auth: .init(
                    accessToken: .init(
                        displayName: context.caller.tokenName, role: context.caller.scope.rawValue))
            )
        )
    }
}
