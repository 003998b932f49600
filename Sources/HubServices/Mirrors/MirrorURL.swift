import Foundation
import HubCore
import NIOCore

/// Where another repository, or a file of it, is: an http or https address without credentials.
struct MirrorURL: Sendable {
    let text: String
    let host: String
    let port: Int
    let isEncrypted: Bool

    /// Refuses what can be seen to be out of bounds without asking the name service.
    ///
    /// - Parameter allowsQuery: Whether the address may be one that a server signed.
    init(_ text: String, options: MirrorOptions, allowsQuery: Bool = false) throws(HubError) {
        guard (1...(allowsQuery ? 16_000 : 2000)).contains(text.utf8.count),
            text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }),
            let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", parts.fragment == nil, allowsQuery || parts.query == nil,
            let named = parts.host, !named.isEmpty
        else {
            throw .invalid("'\(text.prefix(100).filter { $0 != "\0" })' is not an http or https URL of a repository")
        }
        guard parts.user == nil, parts.password == nil else {
            throw .invalid("a URL with a login in it is kept where others see it; give the token with --token-file")
        }
        self.text = text.hasSuffix("/") ? String(text.dropLast()) : text
        host = String(named.trimmingPrefix("[").prefix { $0 != "]" })
        isEncrypted = scheme == "https"
        port = parts.port ?? (isEncrypted ? 443 : 80)
        guard (1...65535).contains(port) else { throw .invalid("\(port) is not a port to ask") }
        if let literal = try? SocketAddress(ipAddress: host, port: port) {
            try options.policy.require(literal, for: host)
        }
    }

    /// Who is asked: another scheme or port of the same host is somebody else.
    struct Origin: Hashable {
        let isEncrypted: Bool
        let host: String
        let port: Int
    }

    var origin: Origin { Origin(isEncrypted: isEncrypted, host: host.lowercased(), port: port) }

    /// Where git-lfs looks for the server of a repository at this address.
    var lfs: String { text.hasSuffix(".git") ? "\(text)/info/lfs" : "\(text).git/info/lfs" }

    /// The address that a host's name stands for now, as text, if the hub may go there.
    static func address(of host: String, port: Int, options: MirrorOptions) throws -> String {
        let address = try SocketAddress.makeAddressResolvingHost(host, port: port)
        try options.policy.require(address, for: host)
        guard let ip = address.ipAddress else { throw HubError.invalid("'\(host)' has no internet address") }
        return ip
    }
}
