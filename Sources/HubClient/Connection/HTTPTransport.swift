import AsyncHTTPClient
import Foundation
import HubCore
import NIOCore
import NIOHTTP1

/// Sends requests, repeats those that may be repeated, and turns what is no success into ``HubError``.
struct HTTPTransport: Sendable {
    let client: HTTPClient

    /// Waits this long for the next byte of an answer: a merge of large models thinks before it speaks.
    static let silence = TimeAmount.minutes(15)

    /// How much of an error's body is read.
    static let errorLimit = 1 << 20

    static func configuration(believing authorities: TrustedAuthorities) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration()
        configuration.tlsConfiguration = authorities.configuration
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(10), read: silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 12
        return configuration
    }

    /// Sends `request` and lends the successful answer to `consume`, whose failure to read it counts as a failed attempt.
    ///
    /// `consume` may run more than once if the request is repeatable, so it must not keep half an answer.
    func send<Result: Sendable>(
        _ request: HTTPCall, consume: (HTTPClientResponse) async throws -> Result
    ) async throws -> Result {
        var attempt = 1
        while true {
            do {
                return try await attemptOnce(request, consume: consume)
            } catch let failure as PassingFailure {
                guard request.isRepeatable, let pause = failure.pause(afterAttempt: attempt, by: request.retry) else {
                    throw failure.error
                }
                attempt += 1
                try await Task.sleep(for: pause)
            }
        }
    }

    private func attemptOnce<Result: Sendable>(
        _ request: HTTPCall, consume: (HTTPClientResponse) async throws -> Result
    ) async throws -> Result {
        do {
            let response = try await client.execute(request.prepared(), timeout: request.timeout)
            guard (200..<300).contains(response.status.code) else { throw try await failure(of: response) }
            return try await consume(response)
        } catch  where Self.isBrokenConnection(error) {
            try Task.checkCancellation()
            guard TrustedAuthorities.problem(behind: error) == nil else {
                throw HubError.unavailable(Self.sentence(for: error, url: request.url))
            }
            throw PassingFailure(error: .unavailable(Self.sentence(for: error, url: request.url)))
        }
    }

    private func failure(of response: HTTPClientResponse) async throws -> any Error {
        var body: [UInt8] = []
        for try await piece in response.body {
            body += piece.readableBytesView.prefix(Self.errorLimit - body.count)
            guard body.count < Self.errorLimit else { break }
        }
        let headers = Dictionary(response.headers.map { ($0.name.lowercased(), $0.value) }) { first, _ in first }
        let error = ErrorAnswer(status: Int(response.status.code), headers: headers, body: body).error
        guard RetryPolicy.isPassing(status: Int(response.status.code)) else { return error }
        return PassingFailure(error: error, asked: headers["retry-after"].flatMap { Int($0) }.map { .seconds($0) })
    }

    /// Whatever neither the hub said nor this program found out by itself.
    private static func isBrokenConnection(_ error: any Error) -> Bool {
        switch error {
        case is PassingFailure, is HubError, is CancellationError: false
        default: true
        }
    }

    /// One sentence that names the hub, never the whole URL: it may carry a signature.
    static func sentence(for error: any Error, url: String) -> String {
        let host = url.split(separator: "/", maxSplits: 3).prefix(2).joined(separator: "//")
        if let problem = TrustedAuthorities.problem(behind: error) { return "\(host) cannot be asked: \(problem)" }
        let reason = reason(error)
        // What serves TLS hangs up on whoever speaks plainly.
        let advice = url.hasPrefix("http://") && reason == closed ? "; try https:// if it serves that" : ""
        return "\(host) does not answer: \(reason)\(advice)"
    }

    private static let closed = "it closed the connection"

    private static func reason(_ error: any Error) -> String {
        switch error as? HTTPClientError {
        case .connectTimeout, .deadlineExceeded: return "it took too long"
        case .readTimeout: return "it fell silent"
        case .remoteConnectionClosed: return closed
        default: break
        }
        let text = "\(error)"
        if text.contains("errno: \(ECONNREFUSED)") { return "connection refused" }
        return text.hasPrefix("DNS error") ? "the host name is unknown" : text
    }
}

/// A failure that asking again may mend.
struct PassingFailure: Error {
    let error: HubError

    /// What the hub said about when to come back.
    var asked: Duration?

    func pause(afterAttempt attempt: Int, by policy: RetryPolicy) -> Duration? {
        policy.pause(afterAttempt: attempt, fraction: .random(in: 0...1), asked: asked)
    }
}
