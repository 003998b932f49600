package import HubCore

/// The name of a collection in a URL: `owner/words-of-the-title-KEY`.
///
/// Only owner and key count, so that a slug with an older title leads to the same collection.
package struct CollectionSlug: Sendable {
    let owner: String
    let key: String
    let text: String

    package init(owner: String, _ rest: String) throws(HubError) {
        text = "\(owner.prefix(100))/\(rest.prefix(200))"
        let key = rest.suffix(24).lowercased()
        guard key.utf8.count == 24, key.utf8.allSatisfy({ "0123456789abcdef".utf8.contains($0) }),
            RepositoryID.isWellFormed(owner[...])
        else { throw .notFound("there is no collection \(text)") }
        self.owner = owner
        self.key = key
    }

    package init(parsing text: String) throws(HubError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .notFound("there is no collection \(text.prefix(200))") }
        try self.init(owner: String(parts[0]), String(parts[1]))
    }
}
