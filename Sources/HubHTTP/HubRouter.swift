package import HubServices
package import Hummingbird
package import Logging

/// All routes of the hub, one noun a file in Routes/.
///
/// - Parameter publicURL: How clients reach the hub; nil is whatever `Host` they ask for.
package func buildRouter(_ hub: Hub, publicURL: String?, logger: Logger) -> Router<HubContext> {
    let router = Router(context: HubContext.self)
    router.add(middleware: RequestIDs())
    router.add(middleware: ErrorResponses())
    router.get("health") { _, _ in
        try await hub.checkHealth()
        return try Answer.json(["status": "ok"])
    }
    XetRoutes(hub: hub, publicURL: publicURL).add(to: router.group("xet"))
    LFSLinkRoutes(hub: hub).add(to: router.group("lfs"))

    let authenticated = router.group().add(middleware: Authentication(accounts: hub.accounts))
    let api = authenticated.group("api")
    AccountRoutes(accounts: hub.accounts).add(to: api)
    RepositoryRoutes(hub: hub, publicURL: publicURL).add(to: api)
    RevisionRoutes(hub: hub, publicURL: publicURL).add(to: api)
    ReviewRoutes(hub: hub).add(to: api)
    XetTokenRoutes(hub: hub, publicURL: publicURL).add(to: api)
    FileRoutes(hub: hub).add(to: authenticated)
    GitRoutes(hub: hub).add(to: authenticated)
    LFSRoutes(hub: hub, publicURL: publicURL).add(to: authenticated)
    return router
}
