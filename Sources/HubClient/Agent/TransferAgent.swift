import AsyncHTTPClient
import Foundation
import HubAPI
import HubCore
import NIOCore
import NIOHTTP1

/// What git-lfs starts to have files sent and fetched in chunks: it reads one request a line and answers in lines.
///
/// A file is sent by the chunks the hub lacks, and an upload that broke is taken up by sending it again. Of a download
/// only those chunks travel that lie in no file here; it is kept beside the others until it is whole, so that one that
/// broke goes on where it stopped.
package struct TransferAgent: Sendable {
    /// What the agent has to know of the machine it runs on.
    package struct Surroundings: Sendable {
        /// Where downloads grow, on the file system of git-lfs's own store; made when it is needed.
        package var folder: @Sendable () throws -> String

        /// The URL of a remote's git-lfs routes, or of the remote itself.
        package var url: @Sendable (_ remote: String) throws -> String

        /// Whose certificates are believed at a URL.
        package var authorities: @Sendable (_ url: String) throws -> TrustedAuthorities

        /// The token of whoever is logged in at a hub.
        package var token: @Sendable (HubAddress) throws -> String?

        /// Files that may hold chunks of what is to be fetched.
        package var sources: @Sendable () throws -> [LocalSource]

        package init(
            folder: @escaping @Sendable () throws -> String, url: @escaping @Sendable (String) throws -> String,
            sources: @escaping @Sendable () throws -> [LocalSource] = { [] },
            authorities: @escaping @Sendable (String) throws -> TrustedAuthorities = { _ in .system },
            token: @escaping @Sendable (HubAddress) throws -> String?
        ) {
            self.folder = folder
            self.url = url
            self.sources = sources
            self.authorities = authorities
            self.token = token
        }
    }

    private let surroundings: Surroundings

    package init(_ surroundings: Surroundings) { self.surroundings = surroundings }

    /// Answers requests until the last; `next` gives the next line, `answer` takes the lines to write.
    ///
    /// What fails is answered and ends nothing. A line that is no request, or not the one that was to come, ends the agent.
    package func run(
        next: () throws -> String?, answer: @escaping @Sendable (AgentAnswer) -> Void
    ) async throws {
        func request() throws -> AgentRequest? {
            try next().map { line in
                guard let request = try? JSONDecoder().decode(AgentRequest.self, from: Data(line.utf8)) else {
                    throw AgentRequest.unexpected(line)
                }
                return request
            }
        }
        guard let start = try request() else { return }
        guard start.event == .start else { throw AgentRequest.unexpected(start.event.rawValue) }
        let remote = start.remote ?? ""
        let configuration: HTTPClient.Configuration
        do {
            configuration = HTTPTransport.configuration(
                believing: try surroundings.authorities(surroundings.url(remote)))
        } catch {
            return answer(.started(AgentAnswer.Problem(error)))
        }
        answer(.started())
        try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let transport = HTTPTransport(client: client)
            while let request = try request(), request.event != .terminate {
                guard request.event != .start else { throw AgentRequest.unexpected(request.event.rawValue) }
                answer(await result(of: request, remote: remote, transport, answer))
            }
        }
    }

    private func result(
        of request: AgentRequest, remote: String, _ transport: HTTPTransport,
        _ answer: @escaping @Sendable (AgentAnswer) -> Void
    ) async -> AgentAnswer {
        let oid = request.oid ?? ""
        do {
            let pointer = LFSPointer(digest: try ContentDigest(parsing: oid), size: request.size ?? 0)
            let action = try await action(for: request, pointer, remote: remote, transport)
            let progress = AgentProgress(oid: oid, phase: request.event == .upload ? .uploading : .downloading, answer)
            // Nothing left to do: the hub has it.
            guard let action else { return .complete(oid) }
            let chunks = try ChunkTransfer(action, transport, token: surroundings.token)
            if request.event == .upload {
                let content = LocalContent(path: request.path ?? "", digest: pointer.digest, size: pointer.size)
                _ = try await chunks.upload([content], progress: progress.tell)
                return .complete(oid)
            }
            let item = DownloadItem(pointer: pointer, destination: "\(try surroundings.folder())/\(oid).hub")
            let names = try action.fileHash.map { [pointer.digest: $0] }
            let sources = pointer.size < ChunkTransfer.smallest ? [] : try surroundings.sources()
            try await chunks.download([item], named: names ?? [:], reusing: sources, progress: progress.tell)
            return .complete(oid, path: item.destination)
        } catch {
            return .failed(oid, AgentAnswer.Problem(error))
        }
    }

    /// What the server said to do, as git-lfs passed it on or as asked now; nil if there is nothing to do.
    private func action(
        for request: AgentRequest, _ pointer: LFSPointer, remote: String, _ transport: HTTPTransport
    ) async throws -> AgentRequest.Action? {
        if let action = request.action { return action }
        let endpoint = try LFSEndpoint(remote: surroundings.url(remote))
        let connection = HubConnection(
            address: endpoint.origin, token: try endpoint.token ?? surroundings.token(endpoint.origin),
            transport: transport)
        let object = try await connection.batch(request.event.rawValue, pointer, at: endpoint)
        let told = request.event == .upload ? object.actions?.upload : object.actions?.download
        return told.map { .init(href: $0.href, header: $0.header) }
    }
}

extension HubConnection {
    /// Asks about one object, for a transfer in chunks.
    fileprivate func batch(
        _ operation: String, _ pointer: LFSPointer, at endpoint: LFSEndpoint
    ) async throws -> LFSBatchResultBody.Object {
        let body = LFSBatchBody(
            operation: operation, transfers: ["hub"], objects: [.init(oid: pointer.digest.hex, size: pointer.size)])
        var call = HTTPCall(.POST, "\(endpoint.url)/objects/batch", token: token)
        let bytes = ByteBuffer(bytes: try JSONEncoder().encode(body))
        call.headers = [
            ("Content-Type", "application/vnd.git-lfs+json"), ("Accept", "application/vnd.git-lfs+json"),
        ]
        call.body = { .bytes(bytes) }
        call.isRepeatable = true
        let result: LFSBatchResultBody = try await decode(call)
        guard result.transfer == "hub", let object = result.objects.first else {
            throw HubError.invalid("\(endpoint.origin) does not transfer in chunks; it is no hub, or an older one")
        }
        if let error = object.error { throw HubError.invalid(error.message) }
        return object
    }
}

extension ChunkTransfer {
    /// Opens the CAS that an action names; a login is used only to renew what the action gave.
    fileprivate init(
        _ action: AgentRequest.Action, _ transport: HTTPTransport, token: (HubAddress) throws -> String?
    ) throws {
        guard let access = action.value(of: "X-Xet-Access-Token"),
            let expiry = action.value(of: "X-Xet-Token-Expiration").flatMap({ Int($0) })
        else { throw HubError.invalid("the server's answer opens no CAS; its transfer 'hub' is another one") }
        let route = action.value(of: "X-Xet-Refresh-Route")
        let url = route ?? action.href
        guard let end = url.firstRange(of: route == nil ? "/xet/" : "/api/") else {
            throw HubError.invalid("the server's answer names no hub: '\(url.prefix(200))'")
        }
        let address = try HubAddress(parsing: String(url[..<end.lowerBound]))
        let connection = HubConnection(address: address, token: try token(address), transport: transport)
        cas = CASConnection(
            connection: connection,
            grant: ChunkGrant(casURL: action.href, token: access, expiry: expiry, refreshRoute: route))
    }
}

extension AgentRequest.Action {
    fileprivate func value(of name: String) -> String? {
        header?.first { $0.key.lowercased() == name.lowercased() }?.value
    }

    /// What the CAS calls the file.
    fileprivate var fileHash: XetHash? {
        get throws { try value(of: "X-Xet-Hash").map { try XetHash(parsing: $0) } }
    }
}
