import HubCore
import HubDatabase

/// Writes what happens in discussions, in the transaction that makes it true.
struct DiscussionLog {
    let repository: RepositoryRecord
    let caller: Caller
    let instant: Int64
    let connection: any SQLConnection

    /// So many events fit into one discussion, changes of its status aside: all of them are read at once.
    static let eventLimit = 5000

    /// How many characters a discussion may have, former versions of comments included.
    static let characterLimit = 8 << 20

    /// The number the next discussion of a repository gets.
    static func nextNumber(in repository: Int64, _ connection: any SQLConnection) throws -> Int {
        try connection.queryOne(
            "SELECT next_number FROM discussion_counter WHERE repository_id = ?", [repository])?.int(0) ?? 1
    }

    /// Makes `number` the number of a discussion; false if someone else has just taken it.
    func take(_ number: Int) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO discussion_counter (repository_id, next_number) VALUES (?, 1)
            ON CONFLICT (repository_id) DO NOTHING
            """, [repository.rowID])
        return try connection.execute(
            "UPDATE discussion_counter SET next_number = ? WHERE repository_id = ? AND next_number = ?",
            [number + 1, repository.rowID, number]) == 1
    }

    /// Opens discussion `number` with its first comment; `base` is the branch a pull request is about.
    func open(
        _ number: Int,
        title: String,
        description: String,
        status: Discussion.Status,
        base: RefName? = nil
    ) throws -> Discussion {
        try connection.execute(
            """
            INSERT INTO discussion (
                repository_id, number, is_pull_request, title, status, author_id, created_at, base_ref)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                repository.rowID, number, base != nil, title, status.rawValue, caller.user?.id, instant, base?.name,
            ])
        let made = try Discussion.require(number, of: repository, in: connection)
        try add(.comment, description, to: made)
        try tell(base == nil ? "discussion-created" : "pull-request-created", made)
        return made
    }

    private enum Kind: String {
        case comment
        case statusChange = "status-change"
        case titleChange = "title-change"
        case commit
    }

    /// Whether there is no room for more talk.
    private func isFull(_ discussion: Discussion) throws -> Bool {
        let count = try connection.queryOne(
            "SELECT COUNT(*) FROM discussion_event WHERE discussion_id = ?", [discussion.rowID])?.int(0)
        if (count ?? 0) >= Self.eventLimit { return true }
        return try characters(of: discussion) >= Self.characterLimit
    }

    /// All that is told when the discussion is shown, former versions included.
    private func characters(of discussion: Discussion) throws -> Int {
        try connection.queryOne(
            """
            SELECT COALESCE((SELECT SUM(LENGTH(text)) FROM discussion_event WHERE discussion_id = ?), 0)
                 + COALESCE((SELECT SUM(LENGTH(discussion_edit.text)) FROM discussion_edit
                     JOIN discussion_event ON discussion_event.id = discussion_edit.event_id
                     WHERE discussion_event.discussion_id = ?), 0)
            """, [discussion.rowID, discussion.rowID])?.int(0) ?? 0
    }

    /// Tells a commit; in a discussion that is full, nothing.
    func commit(_ id: CommitID, _ subject: String, in discussion: Discussion) throws {
        guard try !isFull(discussion) else { return }
        try add(.commit, subject, detail: id.hex, to: discussion)
    }

    func rename(_ discussion: Discussion, to title: String) throws -> DiscussionEvent {
        try requireRoom(in: discussion)
        try connection.execute("UPDATE discussion SET title = ? WHERE id = ?", [title, discussion.rowID])
        return try add(.titleChange, title, detail: discussion.title, to: discussion)
    }

    /// Throws when the discussion has all the entries or all the text it can show at once.
    func requireRoom(in discussion: Discussion) throws {
        guard try !isFull(discussion) else {
            throw HubError.conflict(
                "discussion \(discussion.number) has all that fits, \(Self.eventLimit) entries or "
                    + "\(Self.characterLimit) characters; open another one")
        }
    }

    /// Appends an event.
    @discardableResult
    private func add(
        _ kind: Kind,
        _ text: String,
        detail: String? = nil,
        to discussion: Discussion
    ) throws -> DiscussionEvent {
        let id = Self.newID()
        try connection.execute(
            """
            INSERT INTO discussion_event (discussion_id, hex, kind, author_id, created_at, text, detail)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [discussion.rowID, id, kind.rawValue, caller.user?.id, instant, text, detail])
        guard let event = try DiscussionEvent.find(id, of: discussion.rowID, in: connection) else {
            throw SQLError.other("the new event has no row")
        }
        if kind == .comment { try Attachment.claim(in: text, for: event.rowID, by: caller, in: connection) }
        return event
    }

    func comment(_ text: String, on discussion: Discussion) throws -> DiscussionEvent {
        try requireRoom(in: discussion)
        let event = try add(.comment, text, to: discussion)
        try tell("comment-created", discussion, comment: event.id)
        return event
    }

    func setStatus(_ status: Discussion.Status, of discussion: Discussion) throws -> DiscussionEvent {
        try connection.execute(
            "UPDATE discussion SET status = ? WHERE id = ?", [status.rawValue, discussion.rowID])
        return try add(.statusChange, status.rawValue, to: discussion)
    }

    /// Lets whoever listens know: `num`, `title`, `pullRequest`, `status`, and for comments the `comment`'s id.
    func tell(
        _ kind: String,
        _ discussion: Discussion,
        comment: String? = nil,
        more: [String: String] = [:]
    ) throws {
        var payload = [
            "num": "\(discussion.number)", "title": discussion.title,
            "pullRequest": discussion.isPullRequest ? "true" : "false", "status": discussion.status.rawValue,
        ]
        payload["comment"] = comment
        payload.merge(more) { _, new in new }
        try Event.record(kind, on: repository.rowID, by: caller, payload: payload, at: instant, in: connection)
    }

    /// Forgets everything that was discussed in a repository.
    static func removeAll(of repository: Int64, in connection: any SQLConnection) throws {
        let discussions = "SELECT id FROM discussion WHERE repository_id = ?"
        let events = "SELECT id FROM discussion_event WHERE discussion_id IN (\(discussions))"
        try Attachment.remove(where: "event_id IN (\(events))", [repository], in: connection)
        try connection.execute("DELETE FROM discussion_edit WHERE event_id IN (\(events))", [repository])
        try connection.execute("DELETE FROM discussion_event WHERE discussion_id IN (\(discussions))", [repository])
        try connection.execute("DELETE FROM discussion WHERE repository_id = ?", [repository])
        try connection.execute("DELETE FROM discussion_counter WHERE repository_id = ?", [repository])
    }

    /// 24 hex digits that nobody has had before.
    static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = Array("0123456789abcdef")
        return String((0..<24).compactMap { _ in digits.randomElement(using: &generator) })
    }
}
