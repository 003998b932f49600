import HTTPTypes
import HubCore
import HubServices
import Hummingbird
import NIOCore

/// Git's smart HTTP protocol (gitprotocol-http), for stock git and for hubctl.
struct GitRoutes {
    let hub: Hub
    let admitsLoopbackGuests: Bool

    func add(to routes: RouteTable) {
        routes.unpackingBodies.forEachKindOnTheWeb { kind, one in
            let services = ["git-upload-pack", "git-receive-pack"]
            one.get(
                "info/refs", "Advertises the refs to git.",
                query: [.word("service", services, "What git wants to do.", isRequired: true)],
                answer: .bytes("application/x-git-upload-pack-advertisement")
            ) { request, context in try await advertise(kind, request, context) }
            one.post(
                services[0], "Answers a fetch.", body: .bytes("application/x-git-upload-pack-request"),
                answer: .bytes("application/x-git-upload-pack-result")
            ) { request, context in try await uploadPack(kind, request, context) }
            one.post(
                services[1], "Takes a push.", body: .bytes("application/x-git-receive-pack-request"),
                answer: .bytes("application/x-git-receive-pack-result")
            ) { request, context in try await receivePack(kind, request, context) }
        }
    }

    private func advertise(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        guard let service = GitWireService.Service(rawValue: request.query("service") ?? "") else {
            throw HubError.invalid(Self.refusal(of: request.query("service")))
        }
        let caller = service == .receivePack ? pusher(request, context) : context.caller
        let record = try await record(kind, service, caller, context)
        let bytes = try await hub.gitWire.advertise(service, record, asked: request.headers[.gitProtocol])
        return answer(
            "application/x-\(service.rawValue)-advertisement", ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func refusal(of service: String?) -> String {
        guard let service, service.hasPrefix("git-") else {
            return "only git's smart protocol is spoken here; ask with ?service=git-upload-pack or git-receive-pack"
        }
        return SSHCommand.refusal(of: service, over: "HTTP")
    }

    private func uploadPack(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let record = try await record(kind, .uploadPack, context.caller, context)
        let pieces = try await hub.gitWire.uploadPack(
            record, request.pieces, asked: request.headers[.gitProtocol],
            isCompressed: ContentCoding(of: request) == .gzip)
        return answer("application/x-git-upload-pack-result", stream(pieces))
    }

    private func receivePack(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let caller = pusher(request, context)
        let record = try await record(kind, .receivePack, caller, context)
        let push = try await hub.gitWire.receivePack(
            request.pieces, isCompressed: ContentCoding(of: request) == .gzip)
        let body = ResponseBody { writer in
            try await hub.gitWire.publish(push, to: record, by: caller, logger: context.logger) { piece in
                try await writer.write(ByteBuffer(bytes: piece))
            }
            try await writer.finish(nil)
        }
        return answer("application/x-git-receive-pack-result", body)
    }

    /// An anonymous caller who may not do what they ask for is asked for credentials: that is how git learns to send
    /// them.
    private func record(
        _ kind: RepositoryID.Kind,
        _ service: GitWireService.Service,
        _ caller: Caller,
        _ context: HubContext
    ) async throws -> RepositoryRecord {
        try await hub.access.repository(
            context.repository(kind), for: caller, as: service == .uploadPack ? .read : .contribute)
    }

    /// Who pushes: whoever logged in, else perhaps a guest from this machine; what a guest may do, `Access` says.
    private func pusher(_ request: Request, _ context: HubContext) -> Caller {
        guard context.caller == .anonymous, admitsLoopbackGuests, LoopbackGuests.isOne(request, context) else {
            return context.caller
        }
        return .loopbackGuest
    }

    /// What keeps caches of any age from keeping an answer, as git's own server says it (git-http-backend).
    private static let neverKept: HTTPFields = [
        .expires: "Fri, 01 Jan 1980 00:00:00 GMT", .pragma: "no-cache",
        .cacheControl: "no-cache, max-age=0, must-revalidate",
    ]

    private func answer(_ type: String, _ body: ResponseBody) -> Response {
        Response(status: .ok, headers: Self.neverKept + [.contentType: type], body: body)
    }

    private func stream(_ pieces: some AsyncSequence<[UInt8], any Error> & Sendable) -> ResponseBody {
        ResponseBody { writer in
            for try await piece in pieces { try await writer.write(ByteBuffer(bytes: piece)) }
            try await writer.finish(nil)
        }
    }
}
