import AsyncHTTPClient
import HubCore
import NIOCore
import NIOHTTP1
import NIOPosix

/// One HTTP request to a webhook.
package struct WebhookMessage: Sendable {
    package let url: String
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]
}

/// Sends a message and returns the status it was answered with.
package typealias WebhookTransport = @Sendable (WebhookMessage) async throws -> Int

/// Sends messages over the network, within what the policy allows.
///
/// The name is looked up once, the address found is checked, and that very address is connected to: a name that
/// changes its mind in between leads nowhere else. Redirects are not followed.
struct HTTPWebhookTransport: Sendable {
    let options: WebhookOptions

    /// Bytes of an answer that are read before the hub hangs up.
    private static let answerLimit = 64 << 10

    func send(_ message: WebhookMessage) async throws -> Int {
        let target = try WebhookURL(message.url, options: options)
        let address = try await NIOThreadPool.singleton.runIfActive {
            try SocketAddress.makeAddressResolvingHost(target.host, port: target.port)
        }
        try AddressPolicy(options).require(address, for: target.host)
        guard let ip = address.ipAddress else { throw HubError.invalid("'\(target.host)' has no internet address") }
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        for name in [target.host, target.host.lowercased()] { configuration.dnsOverride[name] = ip }
        configuration.timeout = .init(
            connect: .seconds(Int64(options.timeoutSeconds)), read: .seconds(Int64(options.timeoutSeconds)))
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        do {
            let status = try await post(message, with: client)
            try await client.shutdown()
            return status
        } catch {
            try await client.shutdown()
            throw error
        }
    }

    private func post(_ message: WebhookMessage, with client: HTTPClient) async throws -> Int {
        var request = HTTPClientRequest(url: message.url)
        request.method = .POST
        for header in message.headers { request.headers.add(name: header.name, value: header.value) }
        request.body = .bytes(ByteBuffer(bytes: message.body))
        let response = try await client.execute(request, timeout: .seconds(Int64(options.timeoutSeconds)))
        var count = 0
        for try await piece in response.body {
            count += piece.readableBytes
            guard count <= Self.answerLimit else { break }
        }
        return Int(response.status.code)
    }
}
