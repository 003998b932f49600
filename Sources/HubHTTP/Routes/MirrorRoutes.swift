import HubAPI
import HubCore
import HubServices
import Hummingbird

/// What a mirror follows, and how it goes.
struct MirrorRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "mirror", "Tells what the repository mirrors and what came of the last run.",
                answer: .json(MirrorBody.self)
            ) { _, context in try await show(kind, context) }
        }
    }

    private func show(_ kind: RepositoryID.Kind, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        guard let mirror = try await hub.mirrors.state(of: record) else {
            throw HubError.notFound("\(record.id) is not a mirror")
        }
        let mayHear = try await hub.access.mayWrite(record, context.caller) || mirror.failures == 0
        let isRunning = mirror.leaseUntil > Now.system.seconds
        return try Answer.json(
            MirrorBody(
                upstream: mirror.url, everySeconds: mirror.everySeconds, state: isRunning ? .running : .waiting,
                failures: mirror.failures, lastRun: mirror.lastRunAt.map(timestamp),
                lastSuccess: mirror.lastSuccessAt.map(timestamp),
                nextRun: mirror.nextRunAt > 0 ? timestamp(mirror.nextRunAt) : nil,
                message: mayHear ? mirror.lastResult : nil))
    }
}
