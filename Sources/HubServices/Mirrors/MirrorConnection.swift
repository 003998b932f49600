import AsyncHTTPClient
import Foundation
import HubCore
import HubGit
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// HTTP requests to where somebody else says, within what the policy allows.
///
/// The name is looked up once, the address found is checked, and that very address is connected to. Redirects are
/// followed a few times, each checked like the first. What a lost connection left unanswered is asked once more: every
/// request here may be repeated.
struct MirrorConnection: Sendable {
    let options: MirrorOptions

    private static let redirectLimit = 3

    /// What another server may be told too: these say what is asked for, and nothing about who asks.
    private static let harmlessHeaders = ["accept", "content-type", "range"]

    /// Sends a request and lends the answer.
    ///
    /// Who asks is shown to the server that is asked first, and to nobody a redirect leads to.
    func send<Result: Sendable>(
        _ request: HTTPClientRequest,
        _ body: (HTTPClientResponse) async throws -> Result
    ) async throws -> Result {
        var request = request
        for _ in 0...Self.redirectLimit {
            let target = try MirrorURL(request.url, options: options, allowsQuery: true)
            let client = try await client(for: target)
            let step: Step<Result>
            do {
                step = try await ask(request, target, client, body)
            } catch {
                try await client.shutdown()
                throw Self.explain(error, target.host)
            }
            try await client.shutdown()
            switch step {
            case .answered(let result): return result
            case .redirected(let next): request = next
            }
        }
        throw HubError.unavailable("'\(request.url.prefix(200))' is redirected too often")
    }

    private enum Step<Result: Sendable> {
        case answered(Result)
        case redirected(HTTPClientRequest)
    }

    private func ask<Result: Sendable>(
        _ request: HTTPClientRequest,
        _ target: MirrorURL,
        _ client: HTTPClient,
        _ body: (HTTPClientResponse) async throws -> Result
    ) async throws -> Step<Result> {
        let response = try await execute(request, with: client)
        guard isRedirect(response.status.code, of: request),
            let location = response.headers.first(name: "Location"),
            let next = URL(string: location, relativeTo: URL(string: request.url))?.absoluteString
        else { return .answered(try await body(response)) }
        return .redirected(try redirected(request, from: target, to: next))
    }

    private func execute(_ request: HTTPClientRequest, with client: HTTPClient) async throws -> HTTPClientResponse {
        let timeout = TimeAmount.seconds(Int64(options.timeoutSeconds))
        do {
            return try await client.execute(request, timeout: timeout)
        } catch {
            guard Self.isCut(error) else { throw error }
            try await Task.sleep(for: .milliseconds(250))
            return try await client.execute(request, timeout: timeout)
        }
    }

    private func redirected(
        _ request: HTTPClientRequest,
        from target: MirrorURL,
        to next: String
    ) throws -> HTTPClientRequest {
        let other = try MirrorURL(next, options: options, allowsQuery: true)
        guard other.isEncrypted || !target.isEncrypted else {
            throw HubError.unavailable("'\(target.host)' redirects from https to http, which the hub does not follow")
        }
        var request = request
        request.url = next
        if other.origin != target.origin {
            request.headers = HTTPHeaders(
                request.headers.filter { Self.harmlessHeaders.contains($0.name.lowercased()) })
        }
        return request
    }

    /// A question that brings a body is asked again only where its answer says that it may be.
    private func isRedirect(_ status: UInt, of request: HTTPClientRequest) -> Bool {
        request.method == .GET ? (301...308).contains(status) && status != 304 : status == 307 || status == 308
    }

    private func client(for target: MirrorURL) async throws -> HTTPClient {
        let options = options
        let ip = try await NIOThreadPool.singleton.runIfActive {
            do {
                return try MirrorURL.address(of: target.host, port: target.port, options: options)
            } catch let error as HubError {
                throw error
            } catch {
                throw HubError.unavailable("the address of '\(target.host)' cannot be found")
            }
        }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // A connection that cannot be made would be tried for as long as one may take.
        configuration.connectionPool.retryConnectionEstablishment = false
        var trust = TLSConfiguration.makeClientConfiguration()
        if !options.trustedRoots.isEmpty {
            trust.additionalTrustRoots = [.certificates(try NIOSSLCertificate.fromPEMBytes(options.trustedRoots))]
        }
        configuration.tlsConfiguration = trust
        for name in [target.host, target.host.lowercased()] { configuration.dnsOverride[name] = ip }
        configuration.timeout = .init(
            connect: .seconds(Int64(options.patienceSeconds)), read: .seconds(Int64(options.patienceSeconds)))
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

extension MirrorConnection {
    /// Whether a connection was lost, or could not be made, as networks have it.
    static func isCut(_ error: any Error) -> Bool {
        switch error {
        case let error as HTTPClientError: error == .remoteConnectionClosed
        case let error as HTTPParserError: error == .invalidEOFState
        default: error is IOError || error is NIOConnectionError
        }
    }

    private static func explain(_ error: any Error, _ host: String) -> any Error {
        if let problem = problem(withCertificate: error) { return HubError.unavailable(problem.sentence(about: host)) }
        if case .handshakeFailed(let reason)? = error as? NIOSSLError {
            return HubError.unavailable(TLSProblem(boringSSL: "\(reason)").sentence(about: host))
        }
        if let error = error as? NIOConnectionError {
            let reason = error.connectionErrors.first.map { "\($0.error)" } ?? "its address cannot be found"
            return HubError.unavailable("'\(host)' cannot be reached at port \(error.port): \(reason.prefix(200))")
        }
        guard isCut(error) || error is HTTPClientError || error is NIOSSLError else { return error }
        return HubError.unavailable("'\(host)' cannot be asked: \("\(error)".prefix(200))")
    }

    private static func problem(withCertificate error: any Error) -> CertificateProblem? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname { return .otherName }
        guard let error = error as? NIOSSLError, case .handshakeFailed(let reason) = error,
            "\(reason)".contains("CERTIFICATE_VERIFY_FAILED")
        else { return nil }
        return .untrusted
    }
}
