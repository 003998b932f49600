import HubChunks
package import HubCore
import HubDatabase

/// Takes files that people want to show in discussions, and gives them to whoever may see the discussion.
package struct AttachmentService: Sendable {
    let database: any SQLDatabase
    let content: ContentStore
    let limits: HubLimits
    let now: Now

    /// Seconds a file waits for a comment that names it.
    private static let patience: Int64 = 86_400

    /// So many files of one person may wait.
    private static let waitingLimit = 50

    /// How many are removed in one transaction.
    private static let removedAtOnce = 100

    /// Keeps a file until its uploader names it in a comment.
    ///
    /// - Parameters:
    ///   - type: The `Content-Type`; only images, video and audio that browsers show are taken.
    ///   - size: The length, if the client tells it.
    package func upload(
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable,
        type: String?,
        size: Int?,
        by caller: Caller
    ) async throws -> Attachment {
        let user = try Access.requireWriter(caller, to: "attach a file")
        let word = type?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() } ?? ""
        guard let format = Attachment.Format(rawValue: word) else {
            let formats = Attachment.Format.allCases.map(\.rawValue).joined(separator: ", ")
            throw HubError.invalid("a file of this type cannot be attached; its Content-Type is one of \(formats)")
        }
        let limit = format.isVideo ? limits.attachedVideoBytes : limits.attachmentBytes
        let tooLarge = HubError.tooLarge("an attached \(word) file may have at most \(limit) bytes")
        guard size ?? 0 <= limit else { throw tooLarge }
        guard size != 0 else { throw HubError.invalid("the attached file is empty") }
        try await database.read { connection in try Self.requireRoom(for: user.id, in: connection) }
        let stored: StoredContent
        do {
            stored = try await content.ingest(
                LimitedBody(base: body, limit: limit), lease: Lease(uploader: user.id, scope: Attachment.scope(of: 0)))
        } catch HubError.tooLarge {
            throw tooLarge
        }
        guard stored.size > 0 else { throw HubError.invalid("the attached file is empty") }
        let made = Attachment(format: format, digest: stored.digest, hex: Attachment.freshHex())
        let instant = now.seconds
        try await database.write { connection in
            try Self.requireRoom(for: user.id, in: connection)
            try connection.execute(
                """
                INSERT INTO attachment (hex, uploader_id, media_type, digest, created_at) VALUES (?, ?, ?, ?, ?)
                """, [made.hex, user.id, format.rawValue, made.digest, instant])
            let row = try connection.queryOne("SELECT id FROM attachment WHERE hex = ?", [made.hex])
            try ContentStore.link([made.digest], to: Attachment.scope(of: row?.int64(0) ?? 0), in: connection)
        }
        return made
    }

    private static func requireRoom(for user: Int64, in connection: any SQLConnection) throws {
        let waiting = try connection.queryOne(
            "SELECT COUNT(*) FROM attachment WHERE uploader_id = ? AND event_id IS NULL", [user])?.int(0)
        guard waiting ?? 0 < waitingLimit else {
            throw HubError.conflict(
                "\(waitingLimit) files that you sent are not named in any comment; name them, or wait a day")
        }
    }

    /// The file of this name, if the caller may see the discussion it is shown in, or sent it and has not shown it yet.
    package func open(_ name: String, for caller: Caller) async throws -> (file: Attachment, bytes: any ByteReader) {
        let hex = String(name.prefix(32))
        let visible = Access.visibility(for: caller)
        let row = try await database.read { connection in
            try connection.queryOne(
                """
                SELECT media_type, digest FROM attachment
                WHERE hex = ? AND ((event_id IS NULL AND uploader_id = ?) OR EXISTS (
                    SELECT 1 FROM discussion_event
                    JOIN discussion ON discussion.id = discussion_event.discussion_id
                    JOIN repository ON repository.id = discussion.repository_id
                    WHERE discussion_event.id = attachment.event_id AND \(visible.condition)))
                """, [hex, caller.user?.id ?? -1] + visible.values)
        }
        guard let row, let format = Attachment.Format(rawValue: try row.string(0)) else { throw Self.absent(name) }
        let file = Attachment(format: format, digest: try row.contentDigest(1), hex: hex)
        guard file.name == name else { throw Self.absent(name) }
        return (file, try await content.open(file.digest))
    }

    private static func absent(_ name: String) -> HubError {
        .notFound("there is no attached file '\(name.prefix(60).spelledOut)'")
    }

    /// Forgets files that nobody named within a day; returns how many.
    package func sweep() async throws -> Int {
        let limit = now.seconds - Self.patience
        var removed = 0
        while case let count = try await sweepSome(before: limit), count > 0 { removed += count }
        return removed
    }

    private func sweepSome(before limit: Int64) async throws -> Int {
        try await database.write { connection in
            try Attachment.remove(
                where: "event_id IS NULL AND created_at <= ?", [limit], limit: Self.removedAtOnce, in: connection)
        }
    }
}
