import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// The git-lfs batch route of a repository.
struct LFSRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKindOnTheWeb { kind, repository in
            repository.group("info/lfs").post(
                "objects/batch", "Tells where large files are to be sent or fetched (git-lfs batch API).",
                body: .json(LFSBatchBody.self), answer: .json(LFSBatchResultBody.self)
            ) { request, context in try await batch(kind, request, context) }
        }
    }

    private func batch(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        try LFSAnswers.requireReader(request)
        let body = try await request.json(LFSBatchBody.self, limit: hub.limits.jsonBytes)
        guard let operation = LFSService.Operation(rawValue: body.operation) else {
            throw HubError.unprocessable(
                "'\(body.operation.prefix(40))' is not an operation; expected upload or download")
        }
        guard body.hash_algo ?? "sha256" == "sha256" else {
            throw HubError.conflict("only sha256 is understood as hash_algo")
        }
        guard body.objects.count <= 1000 else { throw HubError.tooLarge("a batch may name at most 1000 objects") }
        let record = try await repository(kind, operation, context)
        let pointers = body.objects.map { object in
            (try? ContentDigest(parsing: object.oid)).map { LFSPointer(digest: $0, size: object.size) }
        }
        let plan = try await hub.lfs.plan(
            operation, pointers.compactMap { $0 }, by: body.transfers ?? [], in: record, for: context.caller)
        var rest = plan.instructions[...]
        let links = LFSLinks(
            base: request.baseURL(publicURL), repository: record.id, transfer: plan.transfer, chunks: plan.chunks)
        let objects = zip(body.objects, pointers).map { object, pointer in
            guard pointer != nil, let instruction = rest.popFirst() else {
                return LFSBatchResultBody.Object(
                    oid: object.oid, size: object.size,
                    error: .init(code: 422, message: "the oid is not a SHA-256 in 64 hex digits"))
            }
            return links.object(object, instruction)
        }
        return try LFSAnswers.json(LFSBatchResultBody(transfer: plan.transfer.rawValue, objects: objects))
    }

    /// Whoever may propose a change may upload for it.
    private func repository(
        _ kind: RepositoryID.Kind,
        _ operation: LFSService.Operation,
        _ context: HubContext
    ) async throws -> RepositoryRecord {
        let id = try context.repository(kind)
        switch operation {
        case .download: return try await hub.access.repository(id, for: context.caller, as: .read)
        case .upload: return try await hub.access.participant(id, for: context.caller)
        }
    }
}

/// Where the links of a batch lead.
///
/// The signature in the URL is the authority.
struct LFSLinkRoutes {
    let hub: Hub

    func add(to routes: RouteTable) {
        let lfs = routes.group("lfs")
        let signature = [QueryParameter.text("sig", "What allows this.", isRequired: true)]
        let bytes = Payload.bytes("application/octet-stream")
        lfs.put("objects/:digest", "Takes the bytes of an upload link.", query: signature, body: bytes, use: receive)
        lfs.get(
            "objects/:digest", "Gives the bytes of a download link, or one range of them.", query: signature,
            answer: bytes, use: send)
        lfs.put(
            "parts/:digest/:number", "Takes the bytes of one part.", query: signature, body: bytes, use: receivePart)
        lfs.post(
            "complete/:digest", "Makes a file of its parts.", query: signature, body: .json(LFSCompletionBody.self),
            use: complete)
        lfs.post(
            "join/:digest", "Makes a file of the parts that were sent to the places their links say.",
            query: signature, use: commit)
        lfs.post("abort/:digest", "Forgets the parts that were sent of a file.", query: signature, use: abort)
        lfs.post(
            "verify/:digest", "Answers 200 when the content is stored.", query: signature,
            body: .json(LFSVerifyBody.self), use: verify)
    }

    @Sendable private func receive(request: Request, context: HubContext) async throws -> Response {
        try await hub.lfs.receive(
            signature: signature(of: request), length: try length(of: request), body: request.pieces)
        return Answer.empty()
    }

    @Sendable private func receivePart(request: Request, context: HubContext) async throws -> Response {
        let digest = try await hub.lfs.receivePart(
            signature: signature(of: request), length: try length(of: request),
            expecting: try AnnouncedDigests(
                contentMD5: request.headers[.contentMD5], digest: request.headers[.digest]),
            body: request.pieces)
        var response = Answer.empty()
        response.headers[.eTag] = "\"\(digest.hex)\""
        return response
    }

    @Sendable private func complete(request: Request, context: HubContext) async throws -> Response {
        let signature = try signature(of: request)
        let body = try await request.json(LFSCompletionBody.self, limit: 4 << 20)
        let parts = try body.parts.sorted { $0.partNumber < $1.partNumber }.enumerated().map { index, part in
            guard part.partNumber == index + 1 else {
                throw HubError.invalid("parts are numbered from 1 without a gap; there is no part \(index + 1)")
            }
            guard let digest = try? ContentDigest(parsing: part.etag.filter { $0 != "\"" }) else {
                throw HubError.invalid(
                    "the etag of part \(part.partNumber) is not the one its upload was answered with")
            }
            return digest
        }
        try await hub.lfs.complete(signature: signature, oid: try ContentDigest(parsing: body.oid), parts: parts)
        return Answer.empty()
    }

    @Sendable private func commit(request: Request, context: HubContext) async throws -> Response {
        try await hub.lfs.commit(signature: signature(of: request))
        return Answer.empty()
    }

    @Sendable private func abort(request: Request, context: HubContext) async throws -> Response {
        try await hub.lfs.abort(signature: signature(of: request))
        return Answer.empty()
    }

    @Sendable private func verify(request: Request, context: HubContext) async throws -> Response {
        let signature = try signature(of: request)
        let body = try await request.json(LFSVerifyBody.self, limit: hub.limits.jsonBytes)
        try await hub.lfs.verify(
            signature: signature, LFSPointer(digest: try ContentDigest(parsing: body.oid), size: body.size))
        return Answer.empty()
    }

    @Sendable private func send(request: Request, context: HubContext) async throws -> Response {
        let file = try await hub.lfs.open(signature: signature(of: request))
        return try RangedAnswer(file.reader, etag: file.digest.hex, range: request.headers[.range])
            .response(type: "application/octet-stream", withBody: true)
    }

    private func signature(of request: Request) throws -> String {
        guard let signature = request.query("sig") else { throw HubError.unauthorized("the link is not signed") }
        return signature
    }

    private func length(of request: Request) throws -> Int? {
        try request.headers[.contentLength].map { text in
            guard let length = Int(text) else { throw HubError.invalid("the Content-Length is not a number") }
            return length
        }
    }
}
