import Foundation
package import HubCore

/// How clients reach the hub: a scheme, a host and perhaps a port.
package struct PublicURL: Sendable {
    /// Without a final slash.
    package let text: String

    package init(parsing text: String) throws(HubError) {
        guard let url = URLComponents(string: text, encodingInvalidCharacters: false),
            let scheme = url.scheme?.lowercased(), ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty
        else { throw Self.refusal(of: text, "") }
        guard ["", "/"].contains(url.path) else {
            throw Self.refusal(of: text, "; the hub must be at the root of its host, paths are not supported")
        }
        guard url.query == nil, url.fragment == nil else {
            throw Self.refusal(of: text, "; nothing may follow the host")
        }
        guard url.user == nil, url.password == nil else {
            throw Self.refusal(of: text, "; no user may stand before the host")
        }
        let port = url.port.map { ":\($0)" } ?? ""
        guard url.port.map({ (1...65535).contains($0) }) ?? true else {
            throw Self.refusal(of: text, "; a port is 1 to 65535")
        }
        self.text = "\(scheme)://\(host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host)\(port)"
    }

    private static func refusal(of text: String, _ reason: String) -> HubError {
        .invalid("public-url is '\(text)'; expected http://HOST or https://HOST, perhaps with a port\(reason)")
    }
}
