import Foundation
import HubCore
import NIOCore

/// Where messages go: an http or https address without credentials.
struct WebhookURL: Sendable {
    let text: String
    let host: String
    let port: Int

    /// Refuses what can be seen to be out of bounds without asking the name service.
    init(_ text: String, options: WebhookOptions) throws(HubError) {
        guard (1...2000).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", parts.user == nil, parts.password == nil, parts.fragment == nil,
            let named = parts.host, !named.isEmpty
        else {
            throw .invalid("'\(text.prefix(100).filter { $0 != "\0" })' is not an http or https URL to send to")
        }
        self.text = text
        host = String(named.trimmingPrefix("[").prefix { $0 != "]" })
        port = parts.port ?? (scheme == "https" ? 443 : 80)
        guard (1...65535).contains(port) else { throw .invalid("\(port) is not a port to send to") }
        if let literal = try? SocketAddress(ipAddress: host, port: port) {
            try AddressPolicy(options).require(literal, for: host)
        }
    }
}
