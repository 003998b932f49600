import HubCore

/// What people may write in a collection.
enum CollectionText {
    static func title(_ text: String) throws(HubError) -> String {
        guard (1...120).contains(text.count), text.utf8.count <= 1000, isPrintable(text),
            text.contains(where: { !$0.isWhitespace })
        else {
            throw .invalid("a collection needs a title of at most 120 characters")
        }
        return text
    }

    /// Nil for an empty text.
    static func description(_ text: String) throws(HubError) -> String? {
        guard text.count <= 150, text.utf8.count <= 1200, isPrintable(text) else {
            throw .invalid("the description of a collection may have 150 characters")
        }
        return text.isEmpty ? nil : text
    }

    static func note(_ text: String) throws(HubError) -> String? {
        guard text.count <= 500, text.utf8.count <= 4000, isPrintable(text) else {
            throw .invalid("the note to an item may have 500 characters")
        }
        return text.isEmpty ? nil : text
    }

    /// A text that can be looked up as the name of an account.
    static func name(_ text: String) throws(HubError) -> String {
        guard RepositoryID.isWellFormed(text[...]) else {
            throw .invalid("'\(text.prefix(100).filter { $0 != "\0" })' is not the name of a user or organization")
        }
        return text
    }

    private static func isPrintable(_ text: String) -> Bool {
        !text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }
    }
}
