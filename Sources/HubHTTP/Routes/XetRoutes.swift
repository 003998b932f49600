import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// The CAS routes of the Xet protocol: chunks go in and out here (Xet specification, sections 7 and 8).
///
/// They stand below an epoch, because clients remember what a CAS has by its URL.
struct XetRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        let binary = Payload.bytes("application/octet-stream")
        let xet = routes.group("xet")
        xet.get("health", "Answers 200 when the process does.") { _, _ in Answer.empty() }
        xet.get(
            "v1/xorb-data/:hash", "Gives ranges of a xorb; several come as multipart/byteranges.",
            query: [.text("sig", "What allows this.", isRequired: true)], answer: binary, use: xorbData)

        let cas = xet.group(":epoch")
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
            "v2/shards", "Registers files, and tells in lines how far that is.", body: binary,
            answer: .lines(ShardLineBody.self), use: putShardWithProgress)
        cas.get(
            "v2/reconstructions/:hash", "Tells how to put a file together.", answer: .json(ReconstructionBody.self),
            use: reconstruct)
        cas.get(
            "v1/reconstructions/:hash", "Tells how to put a file together, in the older form.",
            answer: .json(ReconstructionV1Body.self), use: reconstructV1)
    }

    @Sendable private func lookup(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, context)
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
        let grant = try await grant(request, context)
        let chunk = try XetHash(parsing: context.parameter("hash"))
        guard let shard = try await hub.xet.dedupShard(for: chunk, grant: grant) else {
            throw HubError.notFound("the chunk is not known")
        }
        return Answer.bytes(shard, type: "application/octet-stream")
    }

    /// 200 means that nothing need be sent, 404 that the xorb is to be posted.
    @Sendable private func grantXorb(request: Request, context: HubContext) async throws -> Response {
        try await tellWhetherSent(context, grant(request, context, writing: true))
    }

    @Sendable private func headXorb(request: Request, context: HubContext) async throws -> Response {
        try await tellWhetherSent(context, grant(request, context))
    }

    private func tellWhetherSent(_ context: HubContext, _ grant: XetGrant) async throws -> Response {
        guard try await hub.xet.hasSent(XetHash(parsing: context.parameter("hash")), grant: grant) else {
            throw HubError.notFound("you have not sent this xorb lately; post it")
        }
        return Answer.empty()
    }

    @Sendable private func putXorb(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, context, writing: true)
        let hash = try XetHash(parsing: context.parameter("hash"))
        let inserted = try await hub.xet.receiveXorb(hash, body: request.pieces, grant: grant)
        return try Answer.json(XorbUploadBody(wasInserted: inserted))
    }

    @Sendable private func putShard(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, context, writing: true)
        try await hub.xet.register(try await shard(in: request), grant: grant) { _, _ in }
        return try Answer.json(ShardUploadBody(result: 1))
    }

    /// What is no shard is refused by status; what is untrue in one, by the last line, which is all that the official
    /// client shows to its user.
    @Sendable private func putShardWithProgress(request: Request, context: HubContext) async throws -> Response {
        let grant = try await grant(request, context, writing: true)
        let shard = try await shard(in: request)
        return ShardProgressAnswer(requestID: context.requestID, logger: context.logger).response { progress in
            try await hub.xet.register(shard, grant: grant, progress: progress)
        }
    }

    private func shard(in request: Request) async throws -> XetShard {
        let limit = hub.limits.shardBytes
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(limit, request.headers[.contentLength].flatMap { Int($0) }.map { max(0, $0) } ?? 0))
        for try await piece in request.body {
            guard bytes.count + piece.readableBytes <= limit else {
                throw HubError.tooLarge("a shard may have at most \(limit) bytes")
            }
            bytes += piece.readableBytesView
        }
        return try hub.xet.readShard(bytes)
    }

    @Sendable private func reconstruct(request: Request, context: HubContext) async throws -> Response {
        try Answer.json(try await reconstruction(request, context))
    }

    @Sendable private func reconstructV1(request: Request, context: HubContext) async throws -> Response {
        try Answer.json(ReconstructionV1Body(try await reconstruction(request, context)))
    }

    private func reconstruction(_ request: Request, _ context: HubContext) async throws -> ReconstructionBody {
        let grant = try await grant(request, context)
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
        let xorb = try await hub.xet.openXorb(hash, signature: signature) { size in
            try header.map { try ByteRange.parseAll($0, count: size) } ?? []
        }
        return ByteRangesAnswer(count: xorb.count, ranges: xorb.ranges) { range, write in
            try await xorb.stream(range, write)
        }.response(type: "application/octet-stream")
    }

    private func grant(_ request: Request, _ context: HubContext, writing: Bool = false) async throws -> XetGrant {
        guard let header = request.headers[.authorization], header.lowercased().hasPrefix("bearer ") else {
            throw HubError.unauthorized("a Xet token is needed here; ask the repository for one")
        }
        let grant = try await hub.xet.grant(String(header.dropFirst("bearer ".count)), writing: writing)
        let epoch = try context.parameter("epoch")
        guard let number = Int(epoch), grant.covers(epoch: number) else {
            throw HubError.notFound(
                "this hub's CAS is not called '\(epoch.prefix(40))'; ask the repository for its URL")
        }
        return grant
    }
}

extension ReconstructionBody {
    /// - Parameter base: The URL below which a xorb's name and its signature make a link.
    fileprivate init(_ plan: XetService.Plan, linksBelow base: String) {
        let fetches = Dictionary(grouping: plan.fetches, by: \.xorb).map { xorb, fetches in
            (xorb.string, fetches.map { Fetch($0, linksBelow: base) })
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

extension ReconstructionBody.Fetch {
    fileprivate init(_ fetch: XetService.Plan.Fetch, linksBelow base: String) {
        self.init(
            url: "\(base)\(fetch.xorb.string)?sig=\(fetch.signature)",
            ranges: fetch.ranges.map { range in
                ReconstructionBody.FetchRange(
                    chunks: .init(start: range.chunks.lowerBound, end: range.chunks.upperBound),
                    bytes: .init(start: range.bytes.lowerBound, end: range.bytes.upperBound - 1))
            })
    }
}
