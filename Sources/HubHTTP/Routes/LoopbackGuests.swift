package import HTTPTypes
import HubServices
import Hummingbird

/// Tells git on this machine from everything else that can reach a loopback address.
///
/// A proxy on the same machine speaks for others: most say so in a header, and many that say nothing close each
/// connection or ask for a host of their own. One that does neither cannot be told, which the manual warns of. A page in somebody's browser can send requests here, but not without
/// `Origin`, not with git's own content type, or not with a host of this machine.
package enum LoopbackGuests {
    static func isOne(_ request: Request, _ context: HubContext) -> Bool {
        guard let address = context.clientAddress.flatMap({ NetworkAddress.bytes(of: $0) }),
            NetworkAddress.isLoopback(address)
        else { return false }
        return speaksForItself(request.head)
    }

    /// Whether nothing in a request's head says that it was sent by a browser or for somebody else.
    package static func speaksForItself(_ head: HTTPRequest) -> Bool {
        guard namesThisMachine(head.authority ?? ""), !head.headerFields.contains(where: isOfOthers) else {
            return false
        }
        return head.method == .get || head.headerFields[.contentType] == "application/x-git-receive-pack-request"
    }

    private static func isOfOthers(_ field: HTTPField) -> Bool {
        let name = field.name.canonicalName
        // Git keeps its connections; a proxy that was told nothing else closes them.
        if name == "connection" { return field.value.lowercased().contains("close") }
        return namesOfOthers.contains(name) || prefixesOfOthers.contains { name.hasPrefix($0) }
    }

    private static let namesOfOthers: Set = [
        "client-ip", "forwarded", "origin", "proxy-connection", "true-client-ip", "via", "x-client-ip",
        "x-cluster-client-ip", "x-real-ip",
    ]

    private static let prefixesOfOthers = ["cf-", "sec-fetch-", "x-envoy-", "x-forwarded", "x-original-"]

    private static func namesThisMachine(_ authority: String) -> Bool {
        var host = authority.lowercased()[...]
        if let colon = host.lastIndex(of: ":"), host[host.index(after: colon)...].allSatisfy(\.isNumber) {
            host = host[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard host != "localhost" else { return true }
        return NetworkAddress.bytes(of: String(host)).map(NetworkAddress.isLoopback) ?? false
    }
}
