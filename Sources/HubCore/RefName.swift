/// The full name of a ref, such as `refs/heads/main`.
///
/// A `RefName` that exists passes git's `check-ref-format`: parsing is the only way to make one.
package struct RefName: Hashable, Sendable {
    package let name: String

    package static let main = RefName(unchecked: "refs/heads/main")

    /// Parses a full name, `refs/…`.
    package init(parsing text: String) throws(HubError) {
        guard text.hasPrefix("refs/"), Self.isWellFormed(text) else {
            throw .invalid("'\(text.prefix(120))' is not a ref name; expected refs/heads/NAME or refs/tags/NAME")
        }
        self.name = text
    }

    /// The branch called `short`.
    package init(branch short: String) throws(HubError) { try self.init(short, below: "refs/heads/", what: "branch") }

    /// The tag called `short`.
    package init(tag short: String) throws(HubError) { try self.init(short, below: "refs/tags/", what: "tag") }

    private init(_ short: String, below prefix: String, what: String) throws(HubError) {
        guard !short.hasPrefix("-"), Self.isWellFormed(prefix + short) else {
            throw .invalid("'\(short.prefix(120))' is not a \(what) name git accepts")
        }
        self.name = prefix + short
    }

    private init(unchecked name: String) { self.name = name }

    package var isBranch: Bool { name.hasPrefix("refs/heads/") }
    package var isTag: Bool { name.hasPrefix("refs/tags/") }

    /// The name without `refs/heads/`, `refs/tags/` or `refs/`.
    package var short: String {
        for prefix in ["refs/heads/", "refs/tags/", "refs/"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    /// The rules of `git check-ref-format`, and a length that fits a path.
    private static func isWellFormed(_ name: String) -> Bool {
        guard name.utf8.count <= 240, !name.hasSuffix("."), !name.contains(".."), !name.contains("@{") else {
            return false
        }
        let forbidden = Set(" ~^:?*[\\".utf8)
        guard name.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !forbidden.contains($0) }) else { return false }
        return name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".") && !part.hasSuffix(".lock")
        }
    }
}

extension RefName: CustomStringConvertible {
    package var description: String { name }
}
