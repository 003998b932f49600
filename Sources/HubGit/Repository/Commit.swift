package import HubCore

/// Who, and when.
package struct Signature: Hashable, Sendable {
    package var name: String
    package var email: String

    /// Seconds since 1970.
    package var seconds: Int64

    /// Minutes east of UTC.
    package var offset: Int

    package init(name: String, email: String, seconds: Int64, offset: Int = 0) {
        self.name = name
        self.email = email
        self.seconds = seconds
        self.offset = offset
    }
}

/// One commit, read.
package struct Commit: Hashable, Sendable {
    package let id: CommitID
    package let tree: ObjectID
    package let parents: [CommitID]
    package let author: Signature
    package let committer: Signature
    package let message: String

    /// The first line of the message.
    package var title: String { message.split(separator: "\n").first.map(String.init) ?? "" }

    /// What follows the first line, without the blank lines between.
    package var body: String {
        guard let end = message.firstIndex(of: "\n") else { return "" }
        return String(message[end...].drop(while: \.isNewline))
    }
}
