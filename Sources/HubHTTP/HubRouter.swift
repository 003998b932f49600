package import HubServices
import Hummingbird
import Logging

/// How the hub is reached.
package struct HubAddressing: Sendable {
    /// How clients reach the hub; nil is whatever `Host` they ask for.
    package var publicURL: String?

    /// Who owns the repositories that are named by one segment.
    package var bareNameOwner = "library"

    /// Whether clients come by TLS.
    package var isSecure = false

    /// Whether callers from this machine may push where a repository's import allows it, without logging in.
    package var admitsLoopbackGuests = false

    package init(publicURL: String? = nil) { self.publicURL = publicURL }
}

/// All routes of the hub, one noun a file in Routes/.
package func buildResponder(
    _ hub: Hub,
    _ addressing: HubAddressing = HubAddressing(),
    _ traffic: TrafficRules = TrafficRules()
) -> HubResponder {
    let log = RouteLog()
    declareRoutes(of: hub, addressing, in: RouteTable(log: log))
    log.describe(at: "openapi.json", "Describes every route of the hub (OpenAPI 3.1).")
    let list = log.list
    let router = Router(context: HubContext.self)
    router.add(middleware: RequestIDs())
    router.add(middleware: TrafficHeaders())
    router.add(middleware: ErrorResponses(methods: list.methods))
    let gate = TrafficGate(traffic)
    let open = router.group().add(middleware: AnonymousTraffic(gate: gate))
    let authenticated = router.group().add(
        middleware: Authentication(accounts: hub.accounts, grants: hub.largeFileGrants, gate: gate))
    let kept = KeptAnswers(version: hub.version)
    let downloads = DownloadCounting(counter: hub.downloads)
    for (route, plainHandler) in log.declarations {
        var handler = plainHandler
        if route.keepsAnswers { handler = kept.keeping(handler) }
        if route.countsDownloads { handler = downloads.counting(handler, of: route) }
        if route.takesBody { handler = route.refusingOtherCodings(handler) }
        let group = route.findsCaller ? authenticated : open
        group.on(RouterPath(route.path), method: route.method, use: handler)
    }
    return HubResponder(
        router: router.buildResponder(),
        scheme: addressing.isSecure ? "https" : "http",
        bareNames: BareNames(
            owner: addressing.bareNameOwner, words: list.wordsAfterNames,
            wordsInsteadOfNames: list.wordsInsteadOfNames))
}

private func declareRoutes(of hub: Hub, _ addressing: HubAddressing, in table: RouteTable) {
    let publicURL = addressing.publicURL
    HubRoutes(hub: hub).add(to: table)
    HousekeepingRoutes().add(to: table)
    OAuthRoutes(hub: hub, publicURL: publicURL).add(to: table.about("Accounts"))
    XetRoutes(hub: hub, publicURL: publicURL).add(to: table.about("Xet"))
    LFSLinkRoutes(hub: hub).add(to: table.about("Git LFS"))

    let web = table.withCaller
    let api = web.group("api")
    AccountRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Accounts"))
    TokenRoutes(hub: hub).add(to: api.about("Accounts"))
    SSHKeyRoutes(hub: hub).add(to: api.about("Accounts"))
    PeopleRoutes(hub: hub, publicURL: publicURL).add(to: api.about("People"))
    LikeRoutes(hub: hub, publicURL: publicURL).add(to: api.about("People"))
    WebhookRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Webhooks"))
    CollectionRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Collections"))
    RepositoryMoveRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Repositories"))
    RepositoryRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Repositories"))
    ListingRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Lists"))
    StatisticsRoutes(hub: hub).add(to: api.about("Repositories"))
    MirrorRoutes(hub: hub).add(to: api.about("Repositories"))
    InfoRoutes(hub: hub).add(to: api.about("Repositories"))
    RevisionRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Revisions"))
    TreeRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Revisions"))
    CommitRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Commits"))
    ReviewRoutes(hub: hub).add(to: api.about("Validation and merging"))
    AccessRequestRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Gated access"))
    DiscussionRoutes(hub: hub).add(to: api.about("Discussions"))
    AttachmentRoutes(hub: hub, publicURL: publicURL).add(to: web.about("Discussions"))
    LargeFileRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Large files"))
    XetTokenRoutes(hub: hub, publicURL: publicURL).add(to: api.about("Xet"))
    FileRoutes(hub: hub, publicURL: publicURL).add(to: web.about("Files"))
    GitRoutes(hub: hub, admitsLoopbackGuests: addressing.admitsLoopbackGuests).add(to: web.about("Git"))
    LFSRoutes(hub: hub, publicURL: publicURL).add(to: web.about("Git LFS"))
    LFSLockRoutes(hub: hub).add(to: web.about("Git LFS"))
}
