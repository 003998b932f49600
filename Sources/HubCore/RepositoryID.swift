/// The name of one repository on the hub, such as the model `acme/tiny-llama`.
///
/// A `RepositoryID` that exists is well-formed: parsing is the only way to make one, so nothing
/// downstream checks a name again.
package struct RepositoryID: Hashable, Sendable {
    /// What a repository holds; it decides which checks a push must pass.
    package enum Kind: String, Sendable, CaseIterable, Codable {
        case model
        case dataset

        /// An application; its files are kept, nothing is run.
        case space

        /// Compute kernels to be loaded by others; kept as files.
        case kernel

        /// The word in API paths: `/api/models/…`.
        package var plural: String { "\(rawValue)s" }

        /// What stands before `owner/name` in paths outside the API, with its slash: nothing for models.
        package var webPrefix: String { self == .model ? "" : "\(plural)/" }
    }

    package let kind: Kind
    package let owner: String
    package let name: String

    /// Parses `owner/name`.
    package init(_ kind: Kind, parsing text: String) throws(HubError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw .invalid("'\(text.prefix(200))' is not a repository name; expected owner/name")
        }
        try self.init(kind, owner: String(parts[0]), name: String(parts[1]))
    }

    /// Takes an owner and a name that stand apart.
    package init(_ kind: Kind, owner: String, name: String) throws(HubError) {
        guard Self.isWellFormed(owner[...]), Self.isWellFormed(name[...]) else {
            throw .invalid(
                "'\(owner.prefix(100))/\(name.prefix(100))' is not a repository name; use letters, digits, '-', '_' and '.', "
                    + "at most 96 of them, not starting or ending with '-' or '.', without '--' or '..' or a final '.git'"
            )
        }
        self.kind = kind
        self.owner = owner
        self.name = name
    }

    /// Whether `part` may name an owner or a repository.
    package static func isWellFormed(_ part: Substring) -> Bool {
        !part.isEmpty && part.utf8.count <= 96 && !".-".contains(part.first ?? ".") && !".-".contains(part.last ?? ".")
            && !part.contains("..") && !part.contains("--") && !part.lowercased().hasSuffix(".git")
            && part.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default:
                    false
                }
            }
    }
}

extension RepositoryID: CustomStringConvertible {
    package var description: String { path }

    /// `owner/name`.
    package var path: String { "\(owner)/\(name)" }
}
