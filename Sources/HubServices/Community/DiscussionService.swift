package import HubCore
import HubDatabase

/// What people say to each other about a repository: discussions, and the talk in pull requests.
package struct DiscussionService: Sendable {
    let database: any SQLDatabase
    let now: Now

    /// Discussions on one page of a list.
    package static let pageSize = 50

    /// One page of a list.
    package struct Page: Sendable {
        /// How many there are on all pages.
        package let count: Int

        /// How many stand on the pages before.
        package let start: Int
        package let discussions: [Discussion]
    }

    package func list(_ filter: DiscussionFilter, page: Int, in record: RepositoryRecord) async throws -> Page {
        let start = page * Self.pageSize
        return try await database.read { connection in
            let (count, discussions) = try Discussion.list(
                filter, in: record.rowID, skipping: start, limit: Self.pageSize, connection)
            return Page(count: count, start: start, discussions: discussions)
        }
    }

    /// A discussion without what happened in it.
    package func find(_ number: Int, in record: RepositoryRecord) async throws -> Discussion {
        try await database.read { connection in try Discussion.require(number, of: record, in: connection) }
    }

    /// All that happened in a discussion, oldest first, a few events at a time.
    package func events(of discussion: Discussion) -> some AsyncSequence<[DiscussionEvent], any Error> & Sendable {
        let database = database
        return DiscussionEventPages { place in
            try await database.read { connection in
                try DiscussionEvent.page(of: discussion.rowID, after: place, in: connection)
            }
        }
    }

    package func create(
        _ title: String,
        description: String,
        in id: RepositoryID,
        by caller: Caller
    ) async throws -> Discussion {
        let title = try DiscussionText.title(title)
        let description = try DiscussionText.comment(description)
        return try await write(id, caller) { log in
            let number = try DiscussionLog.nextNumber(in: log.repository.rowID, log.connection)
            guard try log.take(number) else { throw HubError.conflict("someone else was first; try again") }
            return try log.open(number, title: title, description: description, status: .open)
        }
    }

    package func comment(
        _ text: String,
        on number: Int,
        of id: RepositoryID,
        by caller: Caller
    ) async throws -> DiscussionEvent {
        let text = try DiscussionText.comment(text)
        return try await write(id, caller) { log in
            try log.comment(text, on: Discussion.require(number, of: log.repository, in: log.connection))
        }
    }

    /// Replaces the text of a comment; what it said before is kept.
    ///
    /// Only its author may do that, and who administers the repository.
    package func edit(
        _ comment: String,
        to text: String,
        on number: Int,
        of id: RepositoryID,
        by caller: Caller
    ) async throws -> DiscussionEvent {
        let text = try DiscussionText.comment(text)
        return try await change(comment, on: number, of: id, by: caller, or: .admin) { log, event, old in
            try log.requireRoom(in: try Discussion.require(number, of: log.repository, in: log.connection))
            try log.connection.execute(
                "INSERT INTO discussion_edit (event_id, author_id, created_at, text) VALUES (?, ?, ?, ?)",
                [event.rowID, try log.lastWriter(of: event), old.editedAt, old.text])
            try log.connection.execute(
                "UPDATE discussion_event SET text = ?, edited_at = ?, editor_id = ? WHERE id = ?",
                [text, log.instant, caller.user?.id, event.rowID])
            try Attachment.claim(in: text, for: event.rowID, by: caller, in: log.connection)
        }
    }

    /// Takes a comment out of sight, for good: its text, all former ones and the files it showed are forgotten.
    ///
    /// Its author may do that, and who has the role write.
    package func hide(
        _ comment: String,
        on number: Int,
        of id: RepositoryID,
        by caller: Caller
    ) async throws -> DiscussionEvent {
        try await change(comment, on: number, of: id, by: caller, or: .write) { log, event, _ in
            try Attachment.remove(where: "event_id = ?", [event.rowID], in: log.connection)
            try log.connection.execute("DELETE FROM discussion_edit WHERE event_id = ?", [event.rowID])
            try log.connection.execute(
                "UPDATE discussion_event SET text = ?, is_hidden = 1 WHERE id = ?",
                ["This comment has been hidden", event.rowID])
        }
    }

    /// Gives a discussion another title.
    ///
    /// Its author may do that, and who has the role write.
    package func rename(
        _ number: Int,
        to title: String,
        in id: RepositoryID,
        by caller: Caller
    ) async throws -> DiscussionEvent {
        let title = try DiscussionText.title(title)
        return try await steer(number, of: id, by: caller) { log, discussion in
            let event = try log.rename(discussion, to: title)
            let renamed = try Discussion.require(number, of: log.repository, in: log.connection)
            try log.tell("discussion-renamed", renamed, more: ["from": discussion.title])
            return event
        }
    }

    /// Closes a discussion, or opens it: a closed one again, or a pull request that was a draft.
    ///
    /// - Parameter comment: What to say about it, if anything.
    package func setStatus(
        _ isOpen: Bool,
        of number: Int,
        in id: RepositoryID,
        comment: String?,
        by caller: Caller
    ) async throws -> DiscussionEvent {
        let comment = try comment.map { try DiscussionText.comment($0) }
        let status: Discussion.Status = isOpen ? .open : .closed
        return try await steer(number, of: id, by: caller) { log, discussion in
            guard discussion.status != .merged else {
                throw HubError.conflict("pull request \(number) is merged; that cannot be taken back")
            }
            guard discussion.status != status else {
                throw HubError.conflict("discussion \(number) is \(status.rawValue) already")
            }
            if let comment { _ = try log.comment(comment, on: discussion) }
            let event = try log.setStatus(status, of: discussion)
            let changed = try Discussion.require(number, of: log.repository, in: log.connection)
            try log.tell("discussion-status-changed", changed, more: ["from": discussion.status.rawValue])
            return event
        }
    }

    // MARK: Who may

    private func write<Result: Sendable>(
        _ id: RepositoryID,
        _ caller: Caller,
        _ body: @escaping @Sendable (DiscussionLog) throws -> Result
    ) async throws -> Result {
        let instant = now.seconds
        return try await database.write { connection in
            let record = try Access.participant(id, for: caller, as: .see, in: connection)
            return try body(
                DiscussionLog(repository: record, caller: caller, instant: instant, connection: connection))
        }
    }

    /// What a discussion's author may do with it, and who has the role write.
    private func steer<Result: Sendable>(
        _ number: Int,
        of id: RepositoryID,
        by caller: Caller,
        _ body: @escaping @Sendable (DiscussionLog, Discussion) throws -> Result
    ) async throws -> Result {
        try await write(id, caller) { log in
            let discussion = try Discussion.require(number, of: log.repository, in: log.connection)
            try Access.requireAuthorship(
                of: discussion.authorID, or: .write, on: log.repository, by: caller, in: log.connection)
            return try body(log, discussion)
        }
    }

    private func change(
        _ comment: String,
        on number: Int,
        of id: RepositoryID,
        by caller: Caller,
        or role: Role,
        _ body: @escaping @Sendable (DiscussionLog, DiscussionEvent, DiscussionEvent.Comment) throws -> Void
    ) async throws -> DiscussionEvent {
        try await write(id, caller) { log in
            let discussion = try Discussion.require(number, of: log.repository, in: log.connection)
            guard let event = try DiscussionEvent.find(comment, of: discussion.rowID, in: log.connection),
                case .comment(let old) = event.content
            else {
                throw HubError.notFound("discussion \(number) of \(id) has no comment '\(comment.prefix(40))'")
            }
            try Access.requireAuthorship(
                of: event.authorID, or: role, on: log.repository, by: caller, in: log.connection)
            guard !old.isHidden else { throw HubError.conflict("the comment is hidden; nothing can be done with it") }
            try body(log, event, old)
            try log.tell("comment-updated", discussion, comment: event.id)
            guard let changed = try DiscussionEvent.find(comment, of: discussion.rowID, in: log.connection) else {
                throw SQLError.other("the comment has no row any more")
            }
            return changed
        }
    }
}

extension DiscussionLog {
    /// Who wrote the present text of a comment.
    fileprivate func lastWriter(of event: DiscussionEvent) throws -> Int64? {
        let row = try connection.queryOne(
            "SELECT CASE WHEN edited_at IS NULL THEN author_id ELSE editor_id END FROM discussion_event WHERE id = ?",
            [event.rowID])
        return try row.flatMap { row in try row.optional(0, row.int64) }
    }
}
