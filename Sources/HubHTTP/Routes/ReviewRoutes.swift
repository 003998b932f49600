import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Reports, comparisons, merges and syncs.
struct ReviewRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "report/:revision", "Gives the report of a revision's validation.",
                query: [.number("wait", 0...300, "Seconds to wait for a report that is not finished.")],
                answer: .json(ValidationReport.self)
            ) { request, context in try await report(kind, request, context) }
            one.get(
                "compare/:range", "Compares two revisions, A..B, by file and by tensor.",
                answer: .json(CompareBody.self)
            ) { request, context in try await compare(kind, request, context) }
            one.post(
                "merge", "Merges a revision into a branch, weights included.", body: .json(MergeBody.self),
                answer: .json(MergeResultBody.self)
            ) { request, context in try await merge(kind, request, context) }
            one.post(
                "sync", "Merges the upstream's branch into a fork's.", body: .json(MergeBody.self),
                answer: .json(MergeResultBody.self)
            ) { request, context in try await sync(kind, request, context) }
        }
    }

    private func report(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let commit = try await hub.revisions.require(context.parameter("revision"), in: record)
        let patience = try request.number("wait", default: 0, in: 0...300)
        return try Answer.json(try await hub.validation.report(at: commit, in: record, waiting: patience))
    }

    private func compare(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        let range = try context.parameter("range")
        guard let dots = range.firstRange(of: "..") else {
            throw HubError.invalid("'\(range.prefix(200))' is not a comparison; expected A..B")
        }
        let base = try await hub.revisions.require(String(range[..<dots.lowerBound]), in: record)
        let head = try await hub.revisions.require(String(range[dots.upperBound...]), in: record)
        return try Answer.json(
            CompareBody(try await hub.comparisons.compare(base, head, in: record, for: context.caller)))
    }

    private func merge(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        let body = try await request.json(MergeBody.self, limit: hub.limits.jsonBytes)
        guard let source = body.source else { throw HubError.invalid("the JSON body has no 'source' to merge") }
        let other = try body.sourceRepository.map { text in try RepositoryID(kind, parsing: text) }
        let order = MergeOrder(
            into: id, branch: body.target, from: other ?? id, revision: source, strategy: body.strategy,
            message: body.message, dryRun: body.dryRun ?? false)
        return try Answer.json(MergeResultBody(try await hub.merges.merge(order, by: context.caller)))
    }

    private func sync(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        let body = try await request.json(MergeBody.self, limit: hub.limits.jsonBytes)
        let outcome = try await hub.merges.sync(
            id, branch: body.target, strategy: body.strategy, dryRun: body.dryRun ?? false,
            fastForwardOnly: body.fastForwardOnly ?? false, by: context.caller)
        return try Answer.json(MergeResultBody(outcome))
    }
}
