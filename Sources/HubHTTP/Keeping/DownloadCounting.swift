import HTTPTypes
import HubCore
import HubServices
import Hummingbird

/// Counts requests that the official clients mark as part of a download.
struct DownloadCounting: Sendable {
    let counter: DownloadCounter

    /// A handler that also counts what it answers.
    func counting(_ handler: @escaping RouteTable.Handler, of route: RouteDescription) -> RouteTable.Handler {
        let kind = Self.kind(of: route)
        return { request, context in
            let answer = try await handler(request, context)
            if request.headers[.downloadCounter] != nil, answer.status.code < 400 {
                counter.count(try context.repository(kind), client: Self.client(context))
            }
            return answer
        }
    }

    /// The user, or where an anonymous caller asks from.
    private static func client(_ context: HubContext) -> String {
        context.caller.user.map { "user \($0.id)" } ?? context.clientAddress ?? ""
    }

    private static func kind(of route: RouteDescription) -> RepositoryID.Kind {
        RepositoryID.Kind.allCases.first { kind in
            route.path.hasPrefix("api/\(kind.plural)/") || route.path.hasPrefix("\(kind.plural)/")
        } ?? .model
    }
}
