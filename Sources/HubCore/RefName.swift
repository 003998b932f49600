/// The full name of a ref, such as `refs/heads/main`.
///
/// A `RefName` that exists passes git's `check-ref-format`: parsing is the only way to make one.
package struct RefName: Hashable, Sendable {
    package let name: String

    package static let main = RefName(unchecked: "refs/heads/main")

    /// Parses a full name, `refs/…`.
    package init(parsing text: String) throws(HubError) {
        guard text.hasPrefix("refs/"), Self.isWellFormed(text) else {
            throw .invalid(
                "'\(text.prefix(120).spelledOut)' is not a ref name; expected refs/heads/NAME or refs/tags/NAME")
        }
        self.name = text
    }

    /// The branch called `short`.
    package init(branch short: String) throws(HubError) { try self.init(short, below: "refs/heads/", what: "branch") }

    /// The tag called `short`.
    package init(tag short: String) throws(HubError) { try self.init(short, below: "refs/tags/", what: "tag") }

    /// The ref of pull request `number`, which is 1 or more: `refs/pr/N`.
    package init(pullRequest number: Int) {
        precondition(number > 0, "pull requests are counted from 1")
        self.init(unchecked: "refs/pr/\(number)")
    }

    private init(_ short: String, below prefix: String, what: String) throws(HubError) {
        guard !short.hasPrefix("-"), Self.isWellFormed(prefix + short) else {
            throw .invalid("'\(short.prefix(120).spelledOut)' is not a \(what) name git accepts")
        }
        self.name = prefix + short
    }

    private init(unchecked name: String) { self.name = name }

    package var isBranch: Bool { name.hasPrefix("refs/heads/") }
    package var isTag: Bool { name.hasPrefix("refs/tags/") }
    package var isPullRequest: Bool { pullRequestNumber != nil }

    /// Whether it is a file of the repository in another format, which only the hub makes.
    package var isConversion: Bool { name.hasPrefix("refs/convert/") }

    /// N in `refs/pr/N`, written without leading zeros; nil for every other ref.
    package var pullRequestNumber: Int? {
        guard name.hasPrefix("refs/pr/"), let number = Int(name.dropFirst("refs/pr/".count)), number > 0,
            name == "refs/pr/\(number)"
        else { return nil }
        return number
    }

    /// The name without `refs/heads/`, `refs/tags/` or `refs/`.
    package var short: String {
        for prefix in ["refs/heads/", "refs/tags/", "refs/"] where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    /// Why a new ref may not be called so though git would accept it, as a sentence; nil if it may.
    ///
    /// A name with characters that are not seen is taken for another, or turns the line it stands in.
    package var problemAsNew: String? {
        guard name.unicodeScalars.contains(where: \.isUnseen) else { return nil }
        return "'\(name.spelledOut)' has characters in it that are not seen; leave out what is written \\u{…} here"
    }

    /// The rules of `git check-ref-format`, and a length that fits a path.
    ///
    /// Read byte by byte as git does: among Swift's characters a combining mark would hide the dot before it.
    private static func isWellFormed(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let forbidden = Array(" ~^:?*[\\".utf8)
        guard bytes.count <= 240, bytes.last != dot,
            bytes.allSatisfy({ $0 > 0x20 && $0 != 0x7F && !forbidden.contains($0) }),
            !zip(bytes, bytes.dropFirst()).contains(where: { $0 == (dot, dot) || $0 == (at, brace) })
        else { return false }
        return bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).allSatisfy { part in
            !part.isEmpty && part.first != dot && !part.suffix(5).elementsEqual(".lock".utf8)
        }
    }

    private static let dot = UInt8(ascii: ".")
    private static let at = UInt8(ascii: "@")
    private static let brace = UInt8(ascii: "{")
}

extension RefName {
    /// Two names are one only if their bytes are, as for git; Swift would take differently composed letters for equal.
    package static func == (one: RefName, other: RefName) -> Bool { one.name.utf8.elementsEqual(other.name.utf8) }

    package func hash(into hasher: inout Hasher) {
        for byte in name.utf8 { hasher.combine(byte) }
    }
}

extension RefName: CustomStringConvertible {
    package var description: String { name }
}
