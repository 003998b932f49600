import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Who likes what.
struct LikeRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let query = QueryParameter.page(upTo: 1000)
        routes.forEachKind { kind, one in
            one.post("like", "Likes the repository.") { _, context in
                try await hub.likes.setLike(true, context.repository(kind), by: context.caller)
                return Answer.empty()
            }
            one.delete("like", "Likes the repository no longer.") { _, context in
                try await hub.likes.setLike(false, context.repository(kind), by: context.caller)
                return Answer.empty()
            }
            one.get("likers", "Lists who likes the repository.", query: query, answer: .json([PersonBody].self)) {
                request, context in
                let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .see)
                let page = try await hub.likes.likers(of: record, request.rowPage(), for: context.caller)
                let base = request.baseURL(publicURL)
                return try Answer.page(page, of: request, publicURL) { PersonBody($0, base, context.caller) }
            }
        }
        routes.get(
            "users/:user/likes", "Lists what the user likes, the latest first.", query: query,
            answer: .json([LikeBody].self)
        ) { request, context in
            let page = try await hub.likes.likes(
                of: context.parameter("user"), request.rowPage(), for: context.caller)
            return try Answer.page(page, of: request, publicURL) { like in
                LikeBody(
                    createdAt: timestamp(like.createdAt), name: like.repository.path,
                    type: like.repository.kind.rawValue)
            }
        }
    }
}
