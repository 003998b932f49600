import AsyncHTTPClient
import Foundation
import HubCore
import NIOHTTP1

/// What the server of the upstream is shown, and nobody else: not even another port of it.
struct MirrorLogin: Sendable {
    private let origin: MirrorURL.Origin
    private let header: String

    init(user: String, token: String, for repository: MirrorURL) {
        origin = repository.origin
        header = "Basic \(Data("\(user):\(token)".utf8).base64EncodedString())"
    }

    /// Adds it to a request for `target`, if that is the server it is for; whether it was added.
    @discardableResult
    func add(to request: inout HTTPClientRequest, for target: MirrorURL) -> Bool {
        guard target.origin == origin else { return false }
        request.headers.replaceOrAdd(name: "Authorization", value: header)
        return true
    }
}
