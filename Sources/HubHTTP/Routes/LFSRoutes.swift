import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The git-lfs routes of a repository (basic transfer).
struct LFSRoutes {
    let hub: Hub
    let publicURL: String?

    static let mediaType = "application/vnd.git-lfs+json"

    func add(to routes: RouteTable) {
        routes.forEachKindOnTheWeb { kind, repository in
            let one = repository.group("info/lfs")
            one.post(
                "objects/batch", "Tells where large files are to be sent or fetched (git-lfs batch API).",
                body: .json(LFSBatchBody.self), answer: .json(LFSBatchResultBody.self)
            ) { request, context in try await batch(kind, request, context) }
            one.post("verify", "Answers 200 when the content is stored.", body: .json(LFSVerifyBody.self)) {
                request, context in try await verify(kind, request, context)
            }
        }
    }

    private func batch(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await request.json(LFSBatchBody.self, limit: hub.limits.jsonBytes)
        guard let operation = LFSService.Operation(rawValue: body.operation) else {
            throw HubError.invalid("'\(body.operation.prefix(40))' is not an operation; expected upload or download")
        }
        guard body.hash_algo ?? "sha256" == "sha256" else {
            throw HubError.invalid("only sha256 is understood as hash_algo")
        }
        guard body.objects.count <= 1000 else { throw HubError.tooLarge("a batch may name at most 1000 objects") }
        let record = try await hub.access.repository(
            context.repository(kind), for: context.caller, as: operation == .upload ? .contribute : .read)
        var objects: [LFSBatchResultBody.Object] = []
        for object in body.objects {
            objects.append(try await answer(operation, object, record, request, context))
        }
        var response = try Answer.json(LFSBatchResultBody(objects: objects))
        response.headers[.contentType] = Self.mediaType
        return response
    }

    private func answer(
        _ operation: LFSService.Operation,
        _ object: LFSBatchBody.Object,
        _ record: RepositoryRecord,
        _ request: Request,
        _ context: HubContext
    ) async throws -> LFSBatchResultBody.Object {
        let digest: ContentDigest
        do {
            digest = try ContentDigest(parsing: object.oid)
        } catch {
            return .init(
                oid: object.oid, size: object.size, error: .init(code: 422, message: error.description))
        }
        let pointer = LFSPointer(digest: digest, size: object.size)
        switch try await hub.lfs.instruct(operation, pointer, in: record, by: context.caller) {
        case .nothing: return .init(oid: object.oid, size: object.size)
        case .problem(let code, let message):
            return .init(oid: object.oid, size: object.size, error: .init(code: code, message: message))
        case .transfer(let signature, _):
            let base = request.baseURL(publicURL)
            let link = LFSBatchResultBody.Action(
                href: "\(base)/lfs/objects/\(digest.hex)?sig=\(signature)", expiresIn: 3600)
            return .init(oid: object.oid, size: object.size, actions: [operation.rawValue: link])
        }
    }

    private func verify(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await request.json(LFSVerifyBody.self, limit: hub.limits.jsonBytes)
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: .contribute)
        let pointer = LFSPointer(digest: try ContentDigest(parsing: body.oid), size: body.size)
        guard try await hub.lfs.isPresent(pointer, in: record, for: context.caller) else {
            throw HubError.notFound("the content \(body.oid) with \(body.size) bytes is not stored")
        }
        return Answer.empty()
    }
}

/// Where the links of a batch lead.
///
/// The signature in the URL is the authority.
struct LFSLinkRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        let signature = QueryParameter.text("sig", "What allows this.", isRequired: true)
        routes.put(
            "lfs/objects/:digest", "Takes the bytes of an upload link.", query: [signature],
            body: .bytes("application/octet-stream")
        ) { request, _ in
            try await hub.lfs.receive(signature: self.signature(of: request), body: request.pieces)
            return Answer.empty()
        }
        routes.get(
            "lfs/objects/:digest", "Gives the bytes of a download link, or one range of them.", query: [signature],
            answer: .bytes("application/octet-stream")
        ) { request, _ in
            let file = try await hub.lfs.open(signature: self.signature(of: request))
            return try RangedAnswer(file.reader, etag: file.digest.hex, range: request.headers[.range])
                .response(type: "application/octet-stream", withBody: true)
        }
    }

    private func signature(of request: Request) throws -> String {
        guard let signature = request.query("sig") else { throw HubError.unauthorized("the link is not signed") }
        return signature
    }
}
