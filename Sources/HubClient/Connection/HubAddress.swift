package import HubCore

/// Where a hub answers, such as `http://127.0.0.1:8080`.
///
/// An address that exists is well-formed: `http` or `https`, a host, perhaps a port and a path below which the
/// hub lives; no user, no query, no final slash.
package struct HubAddress: Hashable, Sendable {
    /// `scheme://host[:port]`, lower case.
    package let origin: String

    /// Empty, or `/…` without a final slash.
    package let path: String

    /// The address as text, without a final slash.
    package var text: String { origin + path }

    /// Parses an address as people type it.
    package init(parsing text: String) throws(HubError) {
        guard let (scheme, rest) = Self.splitScheme(text) else {
            throw .invalid("'\(text.prefix(200))' is not a hub address; expected http://HOST[:PORT] or https://HOST")
        }
        let hostEnd = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<hostEnd]
        guard Self.isAuthority(authority), Self.isPath(rest[hostEnd...]) else {
            throw .invalid("'\(text.prefix(200))' is not a hub address; expected http://HOST[:PORT] or https://HOST")
        }
        origin = "\(scheme)://\(authority.lowercased())"
        path = rest[hostEnd...].split(separator: "/").map { "/\($0)" }.joined()
    }

    /// The URL of `segments` below the address, each percent-encoded so that a slash inside one stays inside it.
    package func url(_ segments: [String], query: [(name: String, value: String)] = []) -> String {
        let path = segments.map { "/" + PercentEncoding.encode($0) }.joined()
        guard !query.isEmpty else { return text + path }
        let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        return "\(text)\(path)?\(pairs.joined(separator: "&"))"
    }

    /// The URL of a link that an answer of this hub carries: absolute, or a path from the root.
    ///
    /// Only its path and query are taken, so that credentials never travel to another host than this one.
    package func url(following link: String) throws(HubError) -> String {
        if link.hasPrefix("/"), !link.hasPrefix("//") { return origin + link }
        guard let (_, rest) = Self.splitScheme(link), let slash = rest.firstIndex(of: "/") else {
            throw .invalid("the hub answered with a link that is no URL: '\(link.prefix(200))'")
        }
        return origin + rest[slash...]
    }

    private static func splitScheme(_ text: String) -> (scheme: String, rest: Substring)? {
        for scheme in ["http", "https"] where text.lowercased().hasPrefix(scheme + "://") {
            return (scheme, text.dropFirst(scheme.count + 3))
        }
        return nil
    }

    /// A host name, IPv4 or bracketed IPv6 address, and perhaps a port; nobody's user name or password.
    private static func isAuthority(_ text: Substring) -> Bool {
        var host = text
        if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
            guard let port = UInt16(text[text.index(after: colon)...]), port > 0 else { return false }
            host = text[..<colon]
        }
        if host.hasPrefix("["), host.hasSuffix("]") {
            return host.dropFirst().dropLast().utf8.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") }
        }
        return !host.isEmpty && host.utf8.allSatisfy(PercentEncoding.isUnreserved)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool { Character(Unicode.Scalar(byte)).isHexDigit }

    private static func isPath(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { PercentEncoding.isUnreserved($0) || $0 == UInt8(ascii: "/") }
    }
}

extension HubAddress: CustomStringConvertible {
    package var description: String { text }
}
