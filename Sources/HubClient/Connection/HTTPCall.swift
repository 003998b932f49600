import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// One request, as often as it must be sent.
struct HTTPCall: Sendable {
    var method: HTTPMethod
    var url: String
    var token: String?
    var headers: [(name: String, value: String)] = []

    /// Made anew for each attempt, so that a streamed body starts at its beginning.
    var body: (@Sendable () -> HTTPClientRequest.Body)?

    /// Whether sending it twice does no harm.
    var isRepeatable: Bool
    var retry = RetryPolicy.interactive

    /// For the whole exchange.
    var timeout = TimeAmount.hours(1)

    init(_ method: HTTPMethod, _ url: String, token: String?) {
        self.method = method
        self.url = url
        self.token = token
        isRepeatable = method == .GET || method == .HEAD || method == .PUT
    }

    func prepared() -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "User-Agent", value: "hubctl")
        if let token { request.headers.add(name: "Authorization", value: "Bearer \(token)") }
        for header in headers { request.headers.replaceOrAdd(name: header.name, value: header.value) }
        request.body = body?()
        return request
    }
}
