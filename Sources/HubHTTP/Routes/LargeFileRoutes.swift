import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The large files of a repository, whatever revision they are in.
struct LargeFileRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            let files = one.group("lfs-files")
            files.get(
                "", "Lists the large files of all revisions, newest first.",
                query: [
                    .number("limit", 1...1000, "How many at most."),
                    .text("cursor", "Where the page begins; taken from a Link."),
                ], answer: .json([LargeFileBody].self)
            ) { request, context in try await list(kind, request, context) }
            files.post(
                "batch", "Deletes large files for good.", body: .json(LargeFileDeletionBody.self)
            ) { request, context in try await delete(kind, request, context) }
            files.post(
                "duplicate", "Makes large files of this repository ready to be committed to another.",
                body: .json(LargeFileDuplicationBody.self), answer: .json(LargeFileFailuresBody.self)
            ) { request, context in try await duplicate(kind, request, context) }
        }
    }

    private func list(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let id = try context.repository(kind)
        let limit = try request.number("limit", default: 1000, in: 1...1000)
        let cursor = try request.query("cursor").map { text in
            guard let place = Int64(text) else { throw HubError.invalid("the query's cursor is not one of this hub's") }
            return place
        }
        let entries = try await hub.largeFiles.list(id, after: cursor, limit: limit, for: context.caller)
        var response = try Answer.json(
            entries.map { entry in
                LargeFileBody(
                    fileOid: entry.digest.hex, filename: entry.path, oid: entry.digest.hex,
                    pushedAt: timestamp(entry.pushedAt), ref: entry.ref, size: entry.size)
            })
        if entries.count == limit, let last = entries.last {
            let place = "\(request.baseURL(publicURL))\(request.uri.path)?limit=\(limit)&cursor=\(last.place)"
            response.headers[.link] = "<\(place)>; rel=\"next\""
        }
        return response
    }

    private func delete(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await request.json(LargeFileDeletionBody.self, limit: hub.limits.jsonBytes)
        guard (1...1000).contains(body.deletions.sha.count) else {
            throw HubError.invalid("'deletions.sha' names \(body.deletions.sha.count) files; expected 1 to 1000")
        }
        try await hub.largeFiles.delete(
            body.deletions.sha.map { try ContentDigest(parsing: $0) }, from: context.repository(kind),
            rewritingHistory: body.deletions.rewriteHistory ?? true, by: context.caller)
        return Answer.empty()
    }

    private func duplicate(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let body = try await request.json(LargeFileDuplicationBody.self, limit: hub.limits.jsonBytes)
        guard body.files.count <= 500 else { throw HubError.tooLarge("at most 500 files can be named at once") }
        let source = try context.repository(kind)
        let absent = try await hub.largeFiles.duplicate(
            body.files.map { file in
                .init(
                    digest: try ContentDigest(parsing: file.sha256),
                    xetHash: try file.xetHash.map { try XetHash(parsing: $0) })
            }, from: source, to: try RepositoryID(body.target.type ?? .model, parsing: body.target.name),
            by: context.caller)
        return try Answer.json(
            LargeFileFailuresBody(
                failed: absent.map { .init(sha256: $0.hex, error: "\(source) has no such file") }))
    }
}
