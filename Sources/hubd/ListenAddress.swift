package import HubCore
import NIOCore

/// Where the hub listens.
package struct ListenAddress: Sendable, Equatable {
    /// Without the brackets of IPv6.
    let host: String

    /// 0 takes a free one.
    package let port: Int

    package init(parsing text: String) throws(HubError) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port)
        else { throw .invalid("'\(text)' is not an address to listen on; expected HOST:PORT") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else {
            throw .invalid(
                "'\(text)' is not an address to listen on, the host is missing; expected HOST:PORT, such as "
                    + "127.0.0.1:\(port) for this machine only, or 0.0.0.0:\(port) for all others as well")
        }
        self.host = String(host)
        self.port = port
    }

    /// The host as it stands in a URL.
    package var hostInURL: String { host.contains(":") ? "[\(host)]" : host }

    /// Looks the host up; throws a sentence if no machine is called so.
    package func checkHost() throws(HubError) {
        do {
            _ = try SocketAddress.makeAddressResolvingHost(host, port: port)
        } catch {
            throw .invalid(
                "listen: the host '\(host)' is not known; expected an address of this machine, such as "
                    + "127.0.0.1:\(port)")
        }
    }
}
