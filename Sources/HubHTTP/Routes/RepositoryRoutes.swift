import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Repositories as a whole: create, list, show, change, fork, delete.
struct RepositoryRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.post(
            "repos/create", "Makes a repository.", body: .json(CreateRepositoryBody.self),
            answer: .json(CreatedRepositoryBody.self), use: create)
        routes.delete("repos/delete", "Deletes a repository.", body: .json(DeleteRepositoryBody.self), use: delete)
        routes.forEachKind { kind, one in
            one.put(
                "settings", "Changes the visibility, and who is given the files.",
                body: .json(RepositorySettingsBody.self),
                answer: .json(RepositorySettingsBody.self)
            ) { request, context in try await change(kind, request, context) }
            one.post(
                "fork", "Forks the repository; no byte is copied.", body: .json(ForkBody.self),
                answer: .json(CreatedRepositoryBody.self)
            ) { request, context in try await fork(kind, request, context) }
        }
    }

    @Sendable private func create(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(CreateRepositoryBody.self, limit: hub.limits.jsonBytes)
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to create a repository") }
        let id = try RepositoryID(body.type ?? .model, owner: body.organization ?? user.name, name: body.name)
        let visibility = try (Visibility(body.visibility, isPrivate: body.private) ?? .public).record(id.kind)
        do {
            let record = try await hub.repositories.create(
                id, visibility: visibility, firstCommit: body.empty != true, by: context.caller)
            return try Answer.json(
                CreatedRepositoryBody(url: request.webURL(of: record.id, publicURL), id: record.id.path))
        } catch HubError.conflict(let message) {
            let taken = try await hub.access.repository(id, for: context.caller, as: .see).id
            return try Answer.json(
                CreatedRepositoryBody(
                    url: request.webURL(of: taken, publicURL), id: taken.path, error: message), status: .conflict)
        }
    }

    @Sendable private func delete(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(DeleteRepositoryBody.self, limit: hub.limits.jsonBytes)
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to delete a repository") }
        let id = try RepositoryID(body.type ?? .model, owner: body.organization ?? user.name, name: body.name)
        do {
            try await hub.repositories.delete(id, by: context.caller)
        } catch HubError.moved(let now) {
            throw HubError.repositoryNotFound(
                "there is no \(id.kind.rawValue) repository \(id); it is now called \(now)")
        }
        return Answer.empty()
    }

    private func change(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        var body = try await request.json(RepositorySettingsBody.self, limit: hub.limits.jsonBytes)
        body.visibility = try Visibility(body.visibility, isPrivate: body.private)
        guard body.visibility != nil || body.gated != nil else {
            throw HubError.invalid("nothing is to be changed; name 'visibility', 'private' or 'gated'")
        }
        let wish = RepositoryService.OpennessChange(
            visibility: try body.visibility?.record(kind), gate: body.gated.map { RepositoryRecord.Gate($0) })
        try await hub.repositories.change(wish, of: id, by: context.caller)
        return try Answer.json(body)
    }

    private func fork(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let source = try context.repository(kind)
        let body = try await request.json(ForkBody.self, limit: hub.limits.jsonBytes)
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to fork a repository") }
        let target = try RepositoryID(kind, owner: body.organization ?? user.name, name: body.name ?? source.name)
        let record = try await hub.repositories.fork(
            source, to: target, visibility: body.visibility?.record(kind), by: context.caller)
        return try Answer.json(
            CreatedRepositoryBody(url: request.webURL(of: record.id, publicURL), id: record.id.path))
    }
}

extension Visibility {
    /// What was asked for in either spelling; nil if in none.
    fileprivate init?(_ visibility: Visibility?, isPrivate: Bool?) throws {
        guard let isPrivate else {
            guard let visibility else { return nil }
            self = visibility
            return
        }
        let visibility = visibility ?? (isPrivate ? .private : .public)
        guard (visibility != .public) == isPrivate else {
            throw HubError.invalid(
                "'private' is \(isPrivate) and 'visibility' is '\(visibility.rawValue)'; say one of them")
        }
        self = visibility
    }
}
