import HubCore
import HubDatabase
import Logging

/// Turns events into deliveries, each event once.
///
/// The place it has come to is a row, moved in the transaction that writes the deliveries: a crash neither loses one
/// nor makes one twice.
struct WebhookDispatcher: Sendable {
    let database: any SQLDatabase
    let now: Now

    private static let batch = 50

    /// Deliveries of one webhook that are kept once they are done, and that may wait.
    private static let logLength = 500
    private static let backlog = 10_000

    /// Takes up what has happened since; returns whether there may be more.
    func dispatch() async throws -> Bool {
        let isBehind = try await database.read { connection in
            try connection.queryOne(
                """
                SELECT 1 FROM event WHERE id > (SELECT event_id FROM event_cursor WHERE name = 'webhooks') LIMIT 1
                """) != nil
        }
        guard isBehind else { return false }
        let instant = now.seconds
        return try await database.write { connection in
            let place = try connection.queryOne("SELECT event_id FROM event_cursor WHERE name = 'webhooks'")
            let start = try place?.int64(0) ?? 0
            let rows = try connection.query(
                """
                SELECT id, kind, repository_id, actor_id, payload, created_at FROM event
                WHERE id > ? ORDER BY id LIMIT ?
                """, [start, Self.batch])
            guard let last = try rows.last?.int64(0) else { return false }
            for group in try Self.groups(rows.compactMap(WebhookEvent.Row.init)) {
                guard let event = try WebhookEvent(group, in: connection) else { continue }
                try enqueue(event, at: instant, in: connection)
            }
            try connection.execute("UPDATE event_cursor SET event_id = ? WHERE name = 'webhooks'", [last])
            return rows.count == Self.batch
        }
    }

    /// Rows of one push together.
    private static func groups(_ rows: [WebhookEvent.Row]) -> [[WebhookEvent.Row]] {
        var groups: [[WebhookEvent.Row]] = []
        for row in rows {
            if let last = groups.last?.last, last.isSamePush(as: row) {
                groups[groups.count - 1].append(row)
            } else {
                groups.append([row])
            }
        }
        return groups
    }

    private func enqueue(_ event: WebhookEvent, at instant: Int64, in connection: any SQLConnection) throws {
        for webhook in try Self.webhooks(watching: event.subject, in: connection) {
            guard webhook.domains.contains(event.domain),
                try WebhookRecipient.mayKnow(
                    webhook.ownerID, repository: event.subject.rowID, owner: event.subject.ownerID,
                    wasPublic: event.subject.isPublic, in: connection)
            else { continue }
            let waiting = try connection.queryOne(
                "SELECT COUNT(*) FROM webhook_delivery WHERE webhook_id = ? AND state = 'pending'", [webhook.id])
            let isFull = try waiting?.int(0) ?? 0 >= Self.backlog
            try connection.execute(
                """
                INSERT INTO webhook_delivery (webhook_id, repository_id, repository_owner_id, was_public, scope, action,
                    payload, state, problem, next_attempt_at, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    webhook.id, event.subject.rowID, event.subject.ownerID, event.subject.isPublic, event.scope,
                    event.action, event.payload(for: webhook, in: connection), isFull ? "dropped" : "pending",
                    isFull ? "too many deliveries wait for this webhook" : nil, instant, instant,
                ])
            try connection.execute(
                """
                DELETE FROM webhook_delivery WHERE webhook_id = ? AND state <> 'pending' AND id <= (
                    SELECT id FROM webhook_delivery WHERE webhook_id = ? AND state <> 'pending'
                    ORDER BY id DESC LIMIT 1 OFFSET ?)
                """, [webhook.id, webhook.id, Self.logLength])
        }
    }

    /// Those who watch the repository by a name it has or had, or by its owner.
    private static func webhooks(
        watching subject: WebhookEvent.Subject,
        in connection: any SQLConnection
    ) throws -> [Webhook] {
        let kind = subject.id.kind.rawValue
        return try connection.query(
            """
            SELECT DISTINCT \(Webhook.columns) FROM webhook
            JOIN webhook_watch ON webhook_watch.webhook_id = webhook.id
            WHERE webhook.is_disabled = 0 AND (
                (webhook_watch.kind = ? AND webhook_watch.name_key = ?)
                OR (webhook_watch.kind IN ('user', 'org') AND webhook_watch.name_key = ?)
                OR (webhook_watch.kind = ? AND webhook_watch.name_key IN (
                    SELECT account.name_key || '/' || repository_alias.name_key FROM repository_alias
                    JOIN account ON account.id = repository_alias.owner_id
                    WHERE repository_alias.repository_id = ?)))
            """,
            [kind, subject.id.path.lowercased(), subject.id.owner.lowercased(), kind, subject.rowID]
        ).map(Webhook.init)
    }
}

/// Whether the owner of a webhook may know of what is in a repository.
enum WebhookRecipient {
    /// - Parameters:
    ///   - repository: Its row; it may be gone.
    ///   - owner: Who owns it, or did.
    ///   - wasPublic: What it was when the event was taken up; decides if it is gone.
    static func mayKnow(
        _ user: Int64,
        repository: Int64,
        owner: Int64,
        wasPublic: Bool,
        in connection: any SQLConnection
    ) throws -> Bool {
        let row = try connection.queryOne("SELECT \(AccountRecord.columns) FROM account WHERE id = ?", [user])
        guard let account = try row.map(AccountRecord.init) else { return false }
        let caller = Caller(
            user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .read, tokenName: "")
        if try RepositoryRecord.find(rowID: repository, in: connection) != nil {
            return try Access.maySee(repository, caller, in: connection)
        }
        return try wasPublic || Access.role(of: caller, inNameOf: owner, in: connection) != nil
    }
}
