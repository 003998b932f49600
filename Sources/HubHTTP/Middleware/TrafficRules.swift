/// How many requests one caller may make; quotas of 0 are none.
package struct TrafficRules: Sendable {
    /// Kinds of requests that are counted apart.
    enum Category: String, Sendable, CaseIterable {
        case api
        case resolvers
        case pages

        /// What a path counts as; nil for what is not counted: signed links and what clients ask on the side.
        init?(path: String) {
            let segments = path.split(separator: "/", maxSplits: 5)
            switch segments.first {
            case "api": self = segments.count > 1 && segments[1] == "telemetry" ? .pages : .api
            case "oauth": self = .pages
            case "health", "xet", "lfs", "v1", nil: return nil
            default: self = .resolvers
            }
        }
    }

    /// Requests below `/api`.
    package var api = 12_000

    /// Files, git and git-lfs.
    package var resolvers = 60_000

    /// Logins.
    package var pages = 600

    /// Seconds after which counting begins anew.
    package var windowSeconds = 300

    /// Whether requests from this machine are counted too.
    package var countsLoopback = false

    /// Whether `X-Forwarded-For` is believed: only behind a proxy that sets it.
    package var trustsProxy = false

    package init() {}

    func quota(of category: Category) -> Int {
        switch category {
        case .api: api
        case .resolvers: resolvers
        case .pages: pages
        }
    }
}
