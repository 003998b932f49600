import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// Hands out the tokens of the CAS routes.
struct XetTokenRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "xet-read-token/:revision", "Gives a token for downloads by Xet.", answer: .json(XetTokenBody.self)
            ) { request, context in try await token(kind, .read, request, context) }
            one.get(
                "xet-write-token/:revision", "Gives a token for uploads by Xet.", answer: .json(XetTokenBody.self)
            ) { request, context in try await token(kind, .contribute, request, context) }
        }
    }

    /// The answer stands in the body and in the headers: official clients read one or the other.
    private func token(
        _ kind: RepositoryID.Kind,
        _ role: Role,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await hub.access.repository(context.repository(kind), for: context.caller, as: role)
        let token = try hub.xet.token(for: record, caller: context.caller, mayWrite: role > .read)
        let body = XetTokenBody(
            accessToken: token.text, exp: Int(token.expiry), casUrl: request.baseURL(publicURL) + "/xet")
        var response = try Answer.json(body)
        response.headers[.xetAccessToken] = body.accessToken
        response.headers[.xetTokenExpiration] = "\(body.exp)"
        response.headers[.xetCasURL] = body.casUrl
        return response
    }
}

/// The CAS routes of the Xet protocol: chunks go in and out here (Xet specification, sections 7 and 8).
struct XetRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let cas = routes.group("xet")
        let binary = Payload.bytes("application/octet-stream")
        cas.get("health", "Answers 200 when the process does.") { _, _ in Answer.empty() }
        cas.post(
            "v1/chunks/lookup", "Tells where chunks are stored, as far as the asker may know.", body: binary,
            answer: binary, use: lookup)
        cas.get(
            "v1/chunks/:prefix/:hash", "Gives a shard that tells where a chunk and its neighbours are.",
            answer: binary, use: dedup)
        cas.post("v1/xorb-grants/:prefix/:hash", "Tells whether a xorb need be sent.", use: grantXorb)
        cas.post(
            "v1/xorbs/:prefix/:hash", "Takes a xorb.", body: binary, answer: .json(XorbUploadBody.self), use: putXorb)
        cas.head("v1/xorbs/:prefix/:hash", "Tells whether a xorb need be sent.", use: headXorb)
        cas.post(
            "v1/shards", "Registers files.", body: binary, answer: .json(ShardUploadBody.self), use: putShard)
        cas.post(
            "v2/shards", "Registers files, and answers in lines.", body: binary,
            answer: .bytes("application/x-ndjson"), use: putShardWithProgress)
        cas.get(
            "v2/reconstructions/:hash", "Tells how to put a file together.", answer: .json(ReconstructionBody.self),
            use: reconstruct)
        cas.get(
            "v1/reconstructions/:hash", "Tells how to put a file together, in the older form.",
            answer: .json(ReconstructionV1Body.self), use: reconstructV1)
        cas.get(
            "v1/xorb-data/:hash", "Gives one range of a xorb.",
            query: [.text("sig", "What allows this.", isRequired: true)], answer: binary, use: xorbData)
    }

    @Sendable private func lookup(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request)
        let limit = 8192 * Digest256.byteCount
        let buffer = try await request.body.collect(upTo: limit, or: "at most 8192 chunk hashes can be asked at once")
        let bytes = Array(buffer.readableBytesView)
        guard bytes.count.isMultiple(of: Digest256.byteCount) else {
            throw HubError.invalid("the body is not a list of 32-byte chunk hashes")
        }
        let hashes = stride(from: 0, to: bytes.count, by: Digest256.byteCount).compactMap { start in
            XetHash(bytes: bytes[start..<start + Digest256.byteCount])
        }
        var answer: [UInt8] = []
        answer.reserveCapacity(hashes.count * 36)
        for place in try await hub.xet.lookup(hashes, grant: grant) {
            answer += (place?.xorb ?? .zero).bytes
            let index = UInt32(place?.index ?? 0)
            answer += (0..<4).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
        }
        return Answer.bytes(answer, type: "application/octet-stream")
    }

    @Sendable private func dedup(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request)
        let chunk = try XetHash(parsing: context.parameter("hash"))
        guard let shard = try await hub.xet.dedupShard(for: chunk, grant: grant) else {
            throw HubError.notFound("the chunk is not known")
        }
        return Answer.bytes(shard, type: "application/octet-stream")
    }

    /// 200 means that nothing need be sent, 404 that the xorb is to be posted.
    @Sendable private func grantXorb(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, writing: true)
        let hash = try XetHash(parsing: context.parameter("hash"))
        guard try await hub.xet.hasSent(hash, grant: grant) else {
            throw HubError.notFound("the xorb is not stored; post it")
        }
        return Answer.empty()
    }

    @Sendable private func putXorb(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, writing: true)
        let hash = try XetHash(parsing: context.parameter("hash"))
        let inserted = try await hub.xet.receiveXorb(hash, body: request.pieces, grant: grant)
        return try Answer.json(XorbUploadBody(wasInserted: inserted))
    }

    @Sendable private func headXorb(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request)
        guard try await hub.xet.hasSent(XetHash(parsing: context.parameter("hash")), grant: grant) else {
            throw HubError.notFound("the xorb is not stored")
        }
        return Answer.empty()
    }

    @Sendable private func putShard(request: Request, context: HubContext) async throws -> Response {
        try await registerShard(request)
        return try Answer.json(ShardUploadBody(result: 1))
    }

    @Sendable private func putShardWithProgress(request: Request, context: HubContext) async throws -> Response {
        try await registerShard(request)
        return Answer.bytes(
            Array("{\"type\":\"result\",\"result\":1}\n".utf8), type: "application/x-ndjson")
    }

    private func registerShard(_ request: Request) async throws {
        let grant = try await grant(request, writing: true)
        let limit = hub.limits.shardBytes
        let buffer = try await request.body.collect(upTo: limit, or: "a shard may have at most \(limit) bytes")
        try await hub.xet.registerShard(Array(buffer.readableBytesView), grant: grant)
    }

    @Sendable private func reconstruct(request: Request, context: HubContext) async throws -> Response {
        try Answer.json(try await reconstruction(request, context))
    }

    @Sendable private func reconstructV1(request: Request, context: HubContext) async throws -> Response {
        try Answer.json(ReconstructionV1Body(try await reconstruction(request, context)))
    }

    private func reconstruction(_ request: Request, _ context: HubContext) async throws -> ReconstructionBody {
        let grant = try await grant(request)
        let file = try XetHash(parsing: context.parameter("hash"))
        let size = try await hub.xet.size(of: file, grant: grant)
        let range = try request.headers[.range].flatMap { try ByteRange.parse($0, count: size) }
        let plan = try await hub.xet.reconstruction(of: file, range: range ?? 0..<size, grant: grant)
        return ReconstructionBody(plan, linksBelow: request.baseURL(publicURL) + "/xet/v1/xorb-data/")
    }

    /// Carries its authority in the URL; no token is sent here.
    @Sendable private func xorbData(request: Request, context: HubContext) async throws -> Response {
        let hash = try XetHash(parsing: context.parameter("hash"))
        guard let signature = request.query("sig") else { throw HubError.unauthorized("the link is not signed") }
        let header = request.headers[.range]
        let reader = try await hub.xet.openXorb(hash, signature: signature) { size in
            try header.flatMap { try ByteRange.parse($0, count: size) }
        }
        return try RangedAnswer(reader, etag: nil, range: header)
            .response(type: "application/octet-stream", withBody: true)
    }

    private func grant(_ request: Request, writing: Bool = false) async throws -> XetGrant {
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
            throw HubError.unauthorized("a Xet token is needed here; ask the repository for one")
        }
        return try hub.xet.grant(String(header.dropFirst("bearer ".count)), writing: writing)
    }
}

extension ReconstructionBody {
    /// - Parameter base: The URL below which a xorb's name and its signature make a link.
    fileprivate init(_ plan: XetService.Plan, linksBelow base: String) {
        let fetches = plan.fetches.map { fetch in
            (
                fetch.xorb.string,
                [
                    Fetch(
                        url: "\(base)\(fetch.xorb.string)?sig=\(fetch.signature)",
                        ranges: fetch.ranges.map { range in
                            FetchRange(
                                chunks: Span(start: range.chunks.lowerBound, end: range.chunks.upperBound),
                                bytes: Span(start: range.bytes.lowerBound, end: range.bytes.upperBound - 1))
                        })
                ]
            )
        }
        self.init(
            offsetIntoFirstRange: plan.offsetIntoFirstTerm,
            terms: plan.terms.map { term in
                Term(
                    hash: term.xorb, unpackedLength: term.length,
                    range: Span(start: term.chunks.lowerBound, end: term.chunks.upperBound))
            },
            xorbs: Dictionary(uniqueKeysWithValues: fetches)
        )
    }
}
