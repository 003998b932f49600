import HubCore

/// The texts people write in discussions, checked once where they come in.
enum DiscussionText {
    private static let titleLength = 3...200
    private static let commentLimit = 64 << 10

    /// A title without blanks around it, 3 to 200 characters on one line.
    static func title(_ text: String) throws(HubError) -> String {
        let title = trimmed(text)
        guard titleLength.contains(title.count), title.utf8.count <= 1000, !title.contains(where: \.isNewline),
            !title.unicodeScalars.contains("\0")
        else { throw .invalid("a title is one line of 3 to 200 characters") }
        return title
    }

    /// A comment of at most 64 KiB that is not blank.
    static func comment(_ text: String) throws(HubError) -> String {
        guard text.utf8.count <= commentLimit else {
            throw .invalid("a comment may have at most \(commentLimit) bytes; this one has \(text.utf8.count)")
        }
        guard !trimmed(text).isEmpty, !text.unicodeScalars.contains("\0") else {
            throw .invalid("a comment needs some text")
        }
        return text
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }
}
