import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Who am I.
struct AccountRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.get("whoami-v2", "Tells who the access token belongs to.", answer: .json(WhoamiBody.self), use: whoami)
    }

    @Sendable private func whoami(request: Request, context: HubContext) async throws -> Response {
        let caller = context.caller
        guard let user = caller.user else {
            throw HubError.unauthorized("no access token was sent; log in first")
        }
        let base = request.baseURL(publicURL)
        let organizations = try await hub.accounts.organizations(of: user.id)
        let overview = try await hub.people.overview(of: user.name, .user, for: caller)
        let created = try await hub.accounts.creation(ofTokenOf: caller)
        return try Answer.json(
            WhoamiBody(
                id: PublicID.text(user.id), name: user.name, fullname: overview.person.fullName,
                avatarUrl: Avatar.url(of: user.name, base), isAdmin: user.isAdmin,
                orgs: organizations.map { organization in
                    .init(
                        id: PublicID.text(organization.id), name: organization.name, fullname: organization.fullName,
                        avatarUrl: Avatar.url(of: organization.name, base), roleInOrg: organization.role.rawValue)
                },
                auth: .init(
                    accessToken: .init(
                        displayName: caller.tokenName, role: caller.scope.rawValue,
                        createdAt: created.map(timestamp)))))
    }
}
