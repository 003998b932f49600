import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Users and organisations as others see them.
struct PeopleRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        addLists(to: routes)
        routes.get(
            "users/:user/overview", "Shows a user; repositories are counted as the caller may see them.",
            answer: .json(UserOverviewBody.self), use: showUser)
        routes.get(
            "organizations/:organization/overview",
            "Shows an organisation; repositories are counted as the caller may see them.",
            answer: .json(OrganizationOverviewBody.self), use: showOrganization)
        for (path, kind) in [("users/:user", AccountRecord.Kind.user), ("organizations/:organization", .organization)] {
            let one = routes.group(path)
            one.post("follow", "Follows the \(kind.rawValue).") { request, context in
                try await follow(true, kind, context)
            }
            one.delete("follow", "Follows the \(kind.rawValue) no longer.") { request, context in
                try await follow(false, kind, context)
            }
        }
        routes.put("settings/profile", "Changes how the caller is shown.", body: .json(ProfileBody.self)) {
            request, context in
            let user = try Self.user(of: context, to: "change your profile")
            return try await describe(user.name, .user, request, context)
        }
        routes.put(
            "organizations/:organization/settings/profile", "Changes how the organisation is shown.",
            body: .json(ProfileBody.self)
        ) { request, context in
            try await describe(context.parameter("organization"), .organization, request, context)
        }
        routes.get("avatars/:account", "Draws a picture for an account.", answer: .bytes("image/svg+xml")) {
            _, context in try await Avatar(name: hub.people.name(context.parameter("account"))).response
        }
    }

    private func addLists(to routes: RouteTable) {
        let query = QueryParameter.page(upTo: 1000)
        routes.get(
            "users/:user/followers", "Lists who follows the user.", query: query, answer: .json([PersonBody].self)
        ) { request, context in
            let page = try await hub.people.followers(
                of: context.parameter("user"), .user, request.rowPage(), for: context.caller)
            return try answer(page, request, context)
        }
        routes.get(
            "users/:user/following", "Lists whom the user follows.", query: query, answer: .json([PersonBody].self)
        ) { request, context in
            let page = try await hub.people.following(
                of: context.parameter("user"), request.rowPage(), for: context.caller)
            return try answer(page, request, context)
        }
        routes.get(
            "organizations/:organization/followers", "Lists who follows the organisation.", query: query,
            answer: .json([PersonBody].self)
        ) { request, context in
            let page = try await hub.people.followers(
                of: context.parameter("organization"), .organization, request.rowPage(), for: context.caller)
            return try answer(page, request, context)
        }
        routes.get(
            "organizations/:organization/members", "Lists who belongs to the organisation.", query: query,
            answer: .json([PersonBody].self)
        ) { request, context in
            let page = try await hub.people.members(
                of: context.parameter("organization"), request.rowPage(), for: context.caller)
            return try answer(page, request, context)
        }
    }

    @Sendable private func showUser(request: Request, context: HubContext) async throws -> Response {
        let overview = try await hub.people.overview(of: context.parameter("user"), .user, for: context.caller)
        let base = request.baseURL(publicURL)
        return try Answer.json(
            UserOverviewBody(
                person: PersonBody(overview.person, base, context.caller), details: overview.details,
                createdAt: timestamp(overview.createdAt), counts: RepositoryCounts(overview.repositories),
                numLikes: overview.likes, numFollowers: overview.followers, numFollowing: overview.following,
                orgs: overview.organizations.map { organization in
                    OrganizationBody(
                        id: PublicID.text(organization.id), name: organization.name,
                        fullname: organization.fullName, avatarUrl: Avatar.url(of: organization.name, base),
                        isFollowing: context.caller.user == nil ? nil : organization.isFollowed)
                }))
    }

    @Sendable private func showOrganization(request: Request, context: HubContext) async throws -> Response {
        let overview = try await hub.people.overview(
            of: context.parameter("organization"), .organization, for: context.caller)
        return try Answer.json(
            OrganizationOverviewBody(
                person: PersonBody(overview.person, request.baseURL(publicURL), context.caller),
                details: overview.details, createdAt: timestamp(overview.createdAt),
                counts: RepositoryCounts(overview.repositories), numUsers: overview.members,
                numFollowers: overview.followers))
    }

    private func follow(_ isFollowing: Bool, _ kind: AccountRecord.Kind, _ context: HubContext) async throws -> Response
    {
        let name = try context.parameter(kind == .user ? "user" : "organization")
        try await hub.people.setFollowing(isFollowing, name, kind, by: context.caller)
        return Answer.empty()
    }

    private func describe(
        _ name: String,
        _ kind: AccountRecord.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let body = try await request.json(ProfileBody.self, limit: hub.limits.jsonBytes)
        try await hub.people.describe(
            name, kind, fullName: body.fullname, details: body.details, by: context.caller)
        return Answer.empty()
    }

    private func answer(
        _ page: RowPage<PeopleService.Person>,
        _ request: Request,
        _ context: HubContext
    ) throws -> Response {
        let base = request.baseURL(publicURL)
        return try Answer.page(page, of: request, publicURL) { PersonBody($0, base, context.caller) }
    }

    static func user(of context: HubContext, to purpose: String) throws -> Caller.User {
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to \(purpose)") }
        return user
    }
}

extension PersonBody {
    init(_ person: PeopleService.Person, _ base: String, _ caller: Caller) {
        self.init(
            id: PublicID.text(person.id), user: person.name, fullname: person.fullName,
            avatarUrl: Avatar.url(of: person.name, base), type: person.kind == .user ? .user : .org,
            isFollowing: caller.user == nil ? nil : person.isFollowed)
    }
}

extension RepositoryCounts {
    init(_ counts: [RepositoryID.Kind: Int]) {
        self.init()
        models = counts[.model] ?? 0
        datasets = counts[.dataset] ?? 0
        spaces = counts[.space] ?? 0
        kernels = counts[.kernel] ?? 0
    }
}
