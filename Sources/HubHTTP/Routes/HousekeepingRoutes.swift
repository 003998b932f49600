import HubAPI
import Hummingbird

/// What the official clients send beside their work; nothing of it is kept.
struct HousekeepingRoutes {
    /// Bytes of a report that are read before the hub stops listening.
    private static let limit = 1 << 20

    func add(to routes: RouteTable) {
        routes.get(
            "api/agent-harnesses", "Tells clients which programs to look out for: none.",
            answer: .json(AgentHarnessesBody.self)
        ) { _, _ in try Answer.json(AgentHarnessesBody()) }
        routes.head("api/telemetry/**", "Is answered, and not kept.") { _, _ in Answer.empty() }
        routes.post("v1/telemetry", "Is answered, and not kept.", body: .bytes("application/json")) { request, _ in
            var count = 0
            for try await piece in request.body {
                count += piece.readableBytes
                guard count <= Self.limit else { break }
            }
            return Answer.empty()
        }
    }
}
