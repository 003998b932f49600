import HubServices
import Hummingbird

/// What concerns the hub as a whole.
struct HubRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.get("health", "Answers 200 when the database does.", answer: .json([String: String].self)) { _, _ in
            try await hub.checkHealth()
            return try Answer.json(["status": "ok"])
        }
    }
}
