import HubCore
import HubDatabase

/// A row of `discussion_event`: one thing that happened in a discussion, in the order it did.
package struct DiscussionEvent: Sendable, Hashable {
    package enum Content: Sendable, Hashable {
        case comment(Comment)
        case statusChange(String)
        case titleChange(from: String, to: String)
        case commit(id: String, subject: String)
    }

    package struct Comment: Sendable, Hashable {
        package let text: String
        package let isHidden: Bool

        /// When and by whom the text was last changed; as it was written if never.
        package let editedAt: Int64
        package let editor: String?

        /// What it said before, oldest first.
        package let history: [Edit]
    }

    /// A former text of a comment.
    package struct Edit: Sendable, Hashable {
        package let text: String
        package let author: String?

        /// Unix seconds.
        package let writtenAt: Int64
    }

    let rowID: Int64
    let authorID: Int64?

    /// 24 lowercase hex digits.
    package let id: String

    /// Nil if the account is gone.
    package let author: String?

    /// Unix seconds.
    package let createdAt: Int64
    package let content: Content
}

extension DiscussionEvent {
    /// So many former texts of a comment are shown.
    private static let historyLimit = 100

    /// The next events of a discussion behind one of them, and where the ones after these begin; nil at the end.
    ///
    /// As many as have some text together, so that memory does not grow with the discussion.
    static func page(
        of discussion: Int64,
        after place: Int64,
        in connection: any SQLConnection
    ) throws -> (events: [DiscussionEvent], next: Int64)? {
        let next = try connection.query(
            "SELECT id, LENGTH(text) FROM discussion_event WHERE discussion_id = ? AND id > ? ORDER BY id LIMIT ?",
            [discussion, place, pageLimit])
        var (end, characters) = (place, 0)
        for row in next where characters < pageCharacters {
            end = try row.int64(0)
            characters += try row.int(1)
        }
        guard end > place else { return nil }
        let rows = try connection.query(
            selection + " WHERE discussion_event.discussion_id = ? AND discussion_event.id > ? "
                + "AND discussion_event.id <= ? ORDER BY discussion_event.id", [discussion, place, end])
        return (try rows.map { row in try DiscussionEvent(row, in: connection) }, end)
    }

    private static let pageLimit = 100
    private static let pageCharacters = 256 << 10

    static func find(
        _ id: String,
        of discussion: Int64,
        in connection: any SQLConnection
    ) throws -> DiscussionEvent? {
        let row = try connection.queryOne(
            selection + " WHERE discussion_event.discussion_id = ? AND discussion_event.hex = ?", [discussion, id])
        return try row.map { row in try DiscussionEvent(row, in: connection) }
    }

    private static let selection = """
        SELECT discussion_event.id, discussion_event.author_id, discussion_event.hex, discussion_event.kind,
               account.name, discussion_event.created_at, discussion_event.text, discussion_event.detail,
               discussion_event.is_hidden, discussion_event.edited_at, editor.name
        FROM discussion_event LEFT JOIN account ON account.id = discussion_event.author_id
        LEFT JOIN account AS editor ON editor.id = discussion_event.editor_id
        """

    private init(_ row: SQLRow, in connection: any SQLConnection) throws {
        rowID = try row.int64(0)
        authorID = try row.optional(1, row.int64)
        id = try row.string(2)
        author = try row.optional(4, row.string)
        createdAt = try row.int64(5)
        let text = try row.string(6)
        let detail = try row.optional(7, row.string)
        switch try row.string(3) {
        case "status-change": content = .statusChange(text)
        case "title-change": content = .titleChange(from: detail ?? "", to: text)
        case "commit": content = .commit(id: detail ?? "", subject: text)
        default:
            let editedAt = try row.optional(9, row.int64)
            content = .comment(
                Comment(
                    text: text, isHidden: try row.bool(8), editedAt: editedAt ?? createdAt,
                    editor: editedAt == nil ? author : try row.optional(10, row.string),
                    history: editedAt == nil ? [] : try Self.history(of: rowID, in: connection)))
        }
    }

    private static func history(of event: Int64, in connection: any SQLConnection) throws -> [Edit] {
        try connection.query(
            """
            SELECT discussion_edit.text, account.name, discussion_edit.created_at
            FROM discussion_edit LEFT JOIN account ON account.id = discussion_edit.author_id
            WHERE discussion_edit.event_id = ? ORDER BY discussion_edit.id LIMIT ?
            """, [event, historyLimit]
        ).map { row in
            Edit(text: try row.string(0), author: try row.optional(1, row.string), writtenAt: try row.int64(2))
        }
    }
}
