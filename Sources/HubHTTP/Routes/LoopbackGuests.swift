import HTTPTypes
import HubServices
import Hummingbird

/// Tells git on this machine from everything else that can reach a loopback address.
///
/// A proxy on the same machine speaks for others, and says so in a header; a page in somebody's browser can send
/// requests here, but not without `Origin`, not with git's own content type, or not with a host of this machine.
enum LoopbackGuests {
    static func isOne(_ request: Request, _ context: HubContext) -> Bool {
        guard let address = context.clientAddress.flatMap({ NetworkAddress.bytes(of: $0) }),
            NetworkAddress.isLoopback(address), namesThisMachine(request.head.authority ?? "")
        else { return false }
        guard !headersOfOthers.contains(where: { request.headers[$0] != nil }) else { return false }
        return request.method == .get
            || request.headers[.contentType] == "application/x-git-receive-pack-request"
    }

    private static let headersOfOthers = ["Forwarded", "Origin", "Via", "X-Forwarded-For", "X-Real-IP"].compactMap {
        HTTPField.Name($0)
    }

    private static func namesThisMachine(_ authority: String) -> Bool {
        var host = authority[...]
        if let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard host != "localhost" else { return true }
        return NetworkAddress.bytes(of: String(host)).map(NetworkAddress.isLoopback) ?? false
    }
}
