import AsyncHTTPClient
import Foundation
import HubCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// HTTP requests to where somebody else says, within what the policy allows.
///
/// The name is looked up once, the address found is checked, and that very address is connected to. Redirects are
/// followed a few times, each checked like the first.
struct MirrorConnection: Sendable {
    let options: MirrorOptions

    private static let redirectLimit = 3

    /// Sends a request and lends the answer.
    ///
    /// The request's headers go to the first host only.
    func send<Result: Sendable>(
        _ request: HTTPClientRequest,
        _ body: (HTTPClientResponse) async throws -> Result
    ) async throws -> Result {
        var request = request
        for _ in 0...Self.redirectLimit {
            let target = try MirrorURL(request.url, options: options, allowsQuery: true)
            let client = try await client(for: target)
            do {
                let response = try await client.execute(request, timeout: .seconds(Int64(options.timeoutSeconds)))
                guard isRedirect(response.status.code, of: request),
                    let location = response.headers.first(name: "Location"),
                    let next = URL(string: location, relativeTo: URL(string: request.url))?.absoluteString
                else {
                    let result = try await body(response)
                    try await client.shutdown()
                    return result
                }
                try await client.shutdown()
                let other = try MirrorURL(next, options: options, allowsQuery: true)
                if (other.host, other.port) != (target.host, target.port) { request.headers = HTTPHeaders() }
                request.url = next
            } catch {
                try await client.shutdown()
                throw Self.explain(error, target.host)
            }
        }
        throw HubError.unavailable("'\(request.url.prefix(200))' is redirected too often")
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
        for name in [target.host, target.host.lowercased()] { configuration.dnsOverride[name] = ip }
        configuration.timeout = .init(
            connect: .seconds(Int64(options.patienceSeconds)), read: .seconds(Int64(options.patienceSeconds)))
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    private static func explain(_ error: any Error, _ host: String) -> any Error {
        guard !(error is HubError), !(error is CancellationError),
            error is HTTPClientError || error is IOError
                || error is NIOConnectionError
        else { return error }
        return HubError.unavailable("'\(host)' cannot be asked: \("\(error)".prefix(200))")
    }
}
