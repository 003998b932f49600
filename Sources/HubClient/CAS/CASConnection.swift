import AsyncHTTPClient
import Foundation
import HubAPI
import HubCore
import NIOCore
import NIOHTTP1

/// The content-addressed routes of a hub, for one repository (Xet specification, sections 7 and 8).
///
/// Every call can be repeated, so every call is, until ``RetryPolicy/transfer`` gives up.
struct CASConnection: Sendable {
    let transport: HTTPTransport
    let access: XetAccess

    init(connection: HubConnection, repository: RepositoryID) {
        transport = connection.transport
        access = XetAccess(now: Self.now) { scope in
            let segments = connection.route(repository) + ["xet-\(scope.rawValue)-token", "main"]
            return try await connection.xetToken(at: connection.address.url(segments))
        }
    }

    /// Uses a grant until it runs out, and then what its route gives to the connection's caller.
    init(connection: HubConnection, grant: ChunkGrant) {
        transport = connection.transport
        let first = XetTokenBody(accessToken: grant.token, exp: grant.expiry, casUrl: grant.casURL)
        access = XetAccess(now: Self.now, first: first) { _ in
            guard let route = grant.refreshRoute, connection.token != nil else {
                throw HubError.forbidden(
                    "what the hub allowed has run out; try again, or log in with 'hubctl login' for longer transfers")
            }
            return try await connection.xetToken(at: connection.address.url(following: route))
        }
    }

    private static let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }

    /// Where the hub has each of `hashes`, at most ``ChunkLookup/batchSize`` of them; nil for those to send.
    ///
    /// A question `as` reader is what anyone may ask who may download.
    func lookup(_ hashes: [XetHash], as scope: XetAccess.Scope = .write) async throws -> [ChunkLocation?] {
        let request = ByteBuffer(bytes: ChunkLookup.request(hashes))
        let answer = try await access.with(scope) { token in
            var call = call(.POST, "\(token.casUrl)/v1/chunks/lookup", token: token)
            call.body = { .bytes(request) }
            return try await transport.send(call) { response in
                try await response.bytes(limit: hashes.count * ChunkLookup.answerSize)
            }
        }
        return try ChunkLookup.parse(Array(answer.readableBytesView), count: hashes.count)
    }

    /// Stores a xorb; `body` is asked for its bytes again when the connection broke.
    func sendXorb(_ hash: XetHash, body: @escaping @Sendable () -> HTTPClientRequest.Body) async throws {
        try await access.with(.write) { token in
            var call = call(.POST, "\(token.casUrl)/v1/xorbs/default/\(hash.string)", token: token)
            call.body = body
            let _: XorbUploadBody = try await transport.send(call) { try await $0.decoded(limit: 1 << 16) }
        }
    }

    /// Registers the files of a shard; returns when the hub has checked them.
    func sendShard(_ shard: [UInt8]) async throws {
        let body = ByteBuffer(bytes: shard)
        try await access.with(.write) { token in
            var call = call(.POST, "\(token.casUrl)/v2/shards", token: token)
            call.timeout = .hours(12)
            call.body = { .bytes(body) }
            try await transport.send(call) { response in
                var answer = ShardAnswer()
                for try await piece in response.body { try answer.append(piece.readableBytesView) }
                guard case .refused(let message, let retryable) = try answer.finish() else { return }
                throw retryable ? PassingFailure(error: .unavailable(message)) : HubError.invalid(message)
            }
        }
    }

    /// How to put the bytes of `range` of a file together.
    func reconstruction(of file: XetHash, range: Range<Int>) async throws -> ReconstructionBody {
        try await access.with(.read) { token in
            var call = call(.GET, "\(token.casUrl)/v2/reconstructions/\(file.string)", token: token)
            call.headers = [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
            return try await transport.send(call) { try await $0.decoded(limit: HubConnection.answerLimit) }
        }
    }

    /// The bytes of `range` of what a signed URL names; the URL itself is the permission, no token goes with it.
    func bytes(at url: String, range: Range<Int>) async throws -> [UInt8] {
        var call = HTTPCall(.GET, try await absolute(url), token: nil)
        call.retry = .transfer
        call.headers = [("Range", "bytes=\(range.lowerBound)-\(range.upperBound - 1)")]
        return try await transport.send(call) { response in
            guard response.status == .partialContent else {
                throw HubError.invalid("the hub does not answer with the range of bytes it was asked for")
            }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(range.count)
            for try await piece in response.body {
                guard piece.readableBytes <= range.count - bytes.count else { throw Self.otherLength }
                bytes += piece.readableBytesView
            }
            guard bytes.count == range.count else { throw Self.otherLength }
            return bytes
        }
    }

    private static let otherLength = PassingFailure(
        error: .unavailable("the hub answered with more or fewer bytes than those asked for"))

    private func absolute(_ url: String) async throws -> String {
        guard url.hasPrefix("/") else { return url }
        return try await access.with(.read) { try HubAddress(parsing: $0.casUrl).url(following: url) }
    }

    private func call(_ method: HTTPMethod, _ url: String, token: XetTokenBody) -> HTTPCall {
        var call = HTTPCall(method, url, token: token.accessToken)
        call.isRepeatable = true
        call.retry = .transfer
        return call
    }
}

extension HubConnection {
    fileprivate func xetToken(at url: String) async throws -> XetTokenBody {
        var call = HTTPCall(.GET, url, token: token)
        call.retry = .transfer
        return try await decode(call)
    }
}
