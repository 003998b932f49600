import Foundation
package import HubCore

/// Where a repository's git-lfs routes are, from the URL of its remote as git writes it.
package struct LFSEndpoint: Sendable, Equatable {
    /// Without credentials and without a final slash: `http://host/owner/name.git/info/lfs`.
    package let url: String

    /// The hub's `scheme://host[:port]`.
    package let origin: HubAddress

    /// The token that stood in the remote's URL, if one did.
    package let token: String?

    /// Reads the URL of a remote, or of its git-lfs routes.
    package init(remote text: String) throws(HubError) {
        guard let colon = text.firstRange(of: "://"), ["http", "https"].contains(text[..<colon.lowerBound]) else {
            throw .invalid("'\(text.prefix(200))' is no address of a hub; expected http://HOST/OWNER/NAME.git")
        }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex(of: "/") ?? rest.endIndex
        var authority = rest[..<end]
        var password: Substring?
        if let at = authority.lastIndex(of: "@") {
            let parts = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            password = parts.last.flatMap { $0.isEmpty ? nil : $0 }
            authority = authority[authority.index(after: at)...]
        }
        origin = try HubAddress(parsing: "\(text[..<colon.lowerBound])://\(authority)")
        token = password.flatMap { String($0).removingPercentEncoding }
        let path = rest[end...].split(separator: "/").joined(separator: "/")
        url = "\(origin.text)/\(Self.lfsPath(of: path))"
    }

    private static func lfsPath(of path: String) -> String {
        if path.hasSuffix("/info/lfs") { return path }
        return path.hasSuffix(".git") ? "\(path)/info/lfs" : "\(path).git/info/lfs"
    }
}
