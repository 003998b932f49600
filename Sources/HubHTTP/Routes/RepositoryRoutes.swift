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
        for kind in RepositoryID.Kind.allCases {
            let query: [QueryParameter] = [
                .text("author", "Only those of this user or organisation."),
                .number("limit", 1...1000, "At most so many."),
            ]
            routes.get(
                kind.plural, "Lists the \(kind.plural) the caller may see, the latest changed first.", query: query,
                answer: .json([RepositoryBody].self)
            ) { request, context in try await list(kind, request, context) }
        }
        routes.forEachKind { kind, one in
            one.get("", "Shows the repository at its default branch.", answer: .json(RepositoryBody.self)) {
                request, context in try await show(kind, nil, request, context)
            }
            one.get(
                "revision/:revision", "Shows the repository at a revision.", answer: .json(RepositoryBody.self)
            ) { request, context in try await show(kind, context.parameter("revision"), request, context) }
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

    private func list(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let records = try await hub.repositories.list(
            kind: kind, owner: request.query("author"),
            limit: request.number("limit", default: 1000, in: 1...1000), for: context.caller)
        var bodies: [RepositoryBody] = []
        for record in records {
            bodies.append(try await body(of: record, sha: nil, siblings: nil, for: context.caller))
        }
        return try Answer.json(bodies)
    }

    private func show(
        _ kind: RepositoryID.Kind,
        _ revision: String?,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
        guard let commit = try await hub.revisions.resolve(revision, in: record) else {
            return try Answer.json(await body(of: record, sha: nil, siblings: [], for: context.caller))
        }
        let files = try await hub.revisions.files(at: commit, in: record)
        let siblings = files.map { SiblingBody(rfilename: $0.path, size: $0.size) }
        return try Answer.json(await body(of: record, sha: commit, siblings: siblings, for: context.caller))
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

    private func body(
        of record: RepositoryRecord,
        sha: CommitID?,
        siblings: [SiblingBody]?,
        for caller: Caller
    ) async throws -> RepositoryBody {
        RepositoryBody(
            id: record.id.path,
            author: record.id.owner,
            private: record.visibility == .private,
            sha: sha?.hex,
            createdAt: timestamp(record.createdAt),
            lastModified: timestamp(record.updatedAt),
            siblings: siblings,
            forkedFrom: try await hub.repositories.upstream(of: record, for: caller)?.path
        )
    }

    private func url(of id: RepositoryID, for request: Request) -> String {
        "\(request.baseURL(publicURL))/\(id.kind.webPrefix)\(id.path)"
    }
}
