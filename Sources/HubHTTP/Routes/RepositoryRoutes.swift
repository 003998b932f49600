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
                "settings", "Changes the visibility.", body: .json(RepositorySettingsBody.self),
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
        let isPrivate = body.visibility.map { $0 == .private } ?? body.private ?? false
        let url = url(of: id, for: request)
        do {
            _ = try await hub.repositories.create(
                id, visibility: isPrivate ? .private : .public, firstCommit: body.empty != true, by: context.caller)
        } catch HubError.conflict(let message) {
            return try Answer.json(
                CreatedRepositoryBody(url: url, id: id.path, error: message), status: .conflict)
        }
        return try Answer.json(CreatedRepositoryBody(url: url, id: id.path))
    }

    @Sendable private func delete(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(DeleteRepositoryBody.self, limit: hub.limits.jsonBytes)
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to delete a repository") }
        let id = try RepositoryID(body.type ?? .model, owner: body.organization ?? user.name, name: body.name)
        try await hub.repositories.delete(id, by: context.caller)
        return Answer.empty()
    }

    private func change(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        let body = try await request.json(RepositorySettingsBody.self, limit: hub.limits.jsonBytes)
        if let visibility = body.visibility {
            try await hub.repositories.setVisibility(
                visibility == .private ? .private : .public, of: id, by: context.caller)
        }
        return try Answer.json(RepositorySettingsBody(visibility: body.visibility))
    }

    private func fork(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let source = try context.repository(kind)
        let body = try await request.json(ForkBody.self, limit: hub.limits.jsonBytes)
        guard let user = context.caller.user else { throw HubError.unauthorized("log in to fork a repository") }
        let target = try RepositoryID(kind, owner: body.organization ?? user.name, name: body.name ?? source.name)
        let record = try await hub.repositories.fork(
            source, to: target, visibility: body.visibility.map { $0 == .private ? .private : .public },
            by: context.caller)
        return try Answer.json(CreatedRepositoryBody(url: url(of: record.id, for: request), id: record.id.path))
    }

    private func url(of id: RepositoryID, for request: Request) -> String {
        "\(request.baseURL(publicURL))/\(id.kind.webPrefix)\(id.path)"
    }
}
