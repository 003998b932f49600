import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Repositories and their owners: moved, copied, accounted for; and what a caller may do with them.
struct RepositoryMoveRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.post(
            "repos/move", "Gives a repository another name or owner; the old name goes on leading to it.",
            body: .json(MoveRepositoryBody.self), answer: .json(CreatedRepositoryBody.self), use: move)
        let query = QueryParameter.page(upTo: 500)
        routes.get(
            "settings/repositories", "Lists all repositories of the caller with the storage they take.", query: query,
            answer: .json([RepositoryHoldingBody].self)
        ) { request, context in try await holdings(of: nil, request, context) }
        routes.get(
            "organizations/:organization/settings/repositories",
            "Lists all repositories of an organisation with the storage they take, for its members.", query: query,
            answer: .json([RepositoryHoldingBody].self)
        ) { request, context in try await holdings(of: context.parameter("organization"), request, context) }
        routes.forEachKind { kind, one in
            one.post(
                "duplicate", "Copies the repository with its whole history; no byte of a file is copied.",
                body: .json(DuplicateRepositoryBody.self), answer: .json(DuplicatedRepositoryBody.self)
            ) { request, context in try await duplicate(kind, request, context) }
            one.get("auth-check", "Answers 200 if the caller may read the repository.") { _, context in
                _ = try await hub.access.repository(context.repository(kind), for: context.caller, as: .read)
                return Answer.empty()
            }
            one.get("auth-check/write", "Answers 200 if the caller may push to the default branch.") { _, context in
                _ = try await hub.access.repository(context.repository(kind), for: context.caller, as: .write)
                return Answer.empty()
            }
        }
    }

    @Sendable private func move(request: Request, context: HubContext) async throws -> Response {
        let body = try await request.json(MoveRepositoryBody.self, limit: hub.limits.jsonBytes)
        let kind = body.type ?? .model
        let target = try RepositoryID(kind, parsing: body.toRepo)
        do {
            try await hub.repositories.move(
                RepositoryID(kind, parsing: body.fromRepo), to: target, by: context.caller)
        } catch HubError.moved(let id) {
            throw HubError.repositoryNotFound(
                "there is no \(kind.rawValue) repository \(body.fromRepo); it is now called \(id)")
        }
        return try Answer.json(
            CreatedRepositoryBody(url: request.webURL(of: target, publicURL), id: target.path))
    }

    private func duplicate(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let source = try context.repository(kind)
        let body = try await request.json(DuplicateRepositoryBody.self, limit: hub.limits.jsonBytes)
        let target = try RepositoryID(kind, parsing: body.repository)
        let visibility = try body.visibility?.record(kind)
        do {
            let record = try await hub.repositories.fork(source, to: target, visibility: visibility, by: context.caller)
            return try Answer.json(
                DuplicatedRepositoryBody(url: request.webURL(of: record.id, publicURL), id: record.id.path))
        } catch HubError.conflict(let message) {
            let taken = try await hub.access.repository(target, for: context.caller, as: .see).id
            return try Answer.json(
                DuplicatedRepositoryBody(
                    url: request.webURL(of: taken, publicURL), id: taken.path, error: message), status: .conflict)
        }
    }

    private func holdings(of owner: String?, _ request: Request, _ context: HubContext) async throws -> Response {
        let page = try await hub.repositories.holdings(of: owner, request.rowPage(upTo: 500), for: context.caller)
        return try Answer.page(page, of: request, publicURL) { holding in
            let record = holding.record
            return RepositoryHoldingBody(
                id: record.id.path, type: record.id.kind.rawValue,
                visibility: record.visibility == .private ? .private : .public,
                updatedAt: timestamp(record.updatedAt), storage: holding.bytes, storagePercent: holding.percent)
        }
    }
}

extension Visibility {
    /// What it means for a repository of this kind.
    func record(_ kind: RepositoryID.Kind) throws -> RepositoryRecord.Visibility {
        switch self {
        case .public: return .public
        case .private: return .private
        case .protected:
            guard kind == .space else {
                throw HubError.invalid(
                    "Only Spaces can be 'protected'; a \(kind.rawValue) repository is 'public' or 'private'")
            }
            return .private
        }
    }
}

extension Request {
    /// Where a repository's page is, as far as this client can see.
    func webURL(of id: RepositoryID, _ publicURL: String?) -> String {
        "\(baseURL(publicURL))/\(id.kind.webPrefix)\(id.path)"
    }
}
