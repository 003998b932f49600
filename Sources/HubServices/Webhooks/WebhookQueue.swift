import HubCore
import HubDatabase

/// Deliveries that wait, and what becomes of them.
struct WebhookQueue: Sendable {
    let database: any SQLDatabase
    let options: WebhookOptions
    let now: Now

    /// How an attempt ended.
    enum Outcome: Sendable {
        case answered(Int)
        case failed(String)
        /// Will never do.
        case hopeless(String)
    }

    /// A delivery to make now, with the webhook it goes to.
    struct Job: Sendable {
        let delivery: WebhookDelivery
        let webhook: Webhook
    }

    /// Takes the oldest delivery that is due; a webhook gets one at a time.
    ///
    /// What its owner may not know any more is dropped here.
    func lease() async throws -> Job? {
        let instant = now.seconds
        let isIdle = try await database.read { connection in
            try connection.queryOne(
                """
                SELECT 1 FROM webhook_delivery WHERE state = 'pending' AND next_attempt_at <= ? AND lease_until <= ?
                LIMIT 1
                """, [instant, instant]) == nil
        }
        guard !isIdle else { return nil }
        let lease = instant + Int64(options.timeoutSeconds) * 3 + 30
        return try await database.write { connection in
            while let row = try Self.take(until: lease, at: instant, in: connection) {
                let delivery = try WebhookDelivery(row)
                let hook = try connection.queryOne(
                    "SELECT \(Webhook.columns) FROM webhook WHERE id = ?", [delivery.webhookID])
                guard let webhook = try hook.map(Webhook.init) else { return nil }
                let mayKnow = try WebhookRecipient.mayKnow(
                    webhook.ownerID, repository: delivery.repositoryID, owner: delivery.repositoryOwnerID,
                    wasPublic: delivery.wasPublic, in: connection)
                guard !mayKnow else { return Job(delivery: delivery, webhook: webhook) }
                try connection.execute(
                    """
                    UPDATE webhook_delivery SET state = 'dropped', lease_until = 0, finished_at = ?, payload = '{}',
                        problem = 'you may not read the repository any more' WHERE id = ?
                    """, [instant, delivery.id])
            }
            return nil
        }
    }

    private static func take(
        until lease: Int64,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws -> SQLRow? {
        try connection.queryOne(
            """
            UPDATE webhook_delivery SET attempts = attempts + 1, lease_until = ?
            WHERE id = (
                SELECT due.id FROM webhook_delivery AS due
                WHERE due.state = 'pending' AND due.next_attempt_at <= ? AND due.lease_until <= ?
                  AND NOT EXISTS (
                    SELECT 1 FROM webhook_delivery AS busy
                    WHERE busy.webhook_id = due.webhook_id AND busy.state = 'pending' AND busy.lease_until > ?)
                ORDER BY due.id LIMIT 1)
            RETURNING \(WebhookDelivery.columns)
            """, [lease, instant, instant, instant])
    }

    /// Puts a delivery back that was interrupted through no fault of its own.
    func release(_ job: Job) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE webhook_delivery SET attempts = attempts - 1, lease_until = 0 WHERE id = ?",
                [job.delivery.id])
        }
    }

    /// Writes down how an attempt ended, and says when there will be another.
    func finish(_ job: Job, _ outcome: Outcome, milliseconds: Int64, spread: Double) async throws {
        let instant = now.seconds
        let options = options
        try await database.write { connection in
            let id = job.delivery.id
            if case .answered(let status) = outcome, (200..<300).contains(status) {
                try connection.execute(
                    """
                    UPDATE webhook_delivery SET state = 'delivered', status = ?, problem = NULL, duration_ms = ?,
                        lease_until = 0, finished_at = ? WHERE id = ?
                    """, [status, milliseconds, instant, id])
                try connection.execute(
                    "UPDATE webhook SET failing_since = NULL WHERE id = ?", [job.webhook.id])
                return
            }
            let isOver = outcome.isHopeless || job.delivery.attempts >= options.maximumAttempts
            try connection.execute(
                """
                UPDATE webhook_delivery SET state = ?, status = ?, problem = ?, duration_ms = ?, lease_until = 0,
                    next_attempt_at = ?, finished_at = ? WHERE id = ? AND state = 'pending'
                """,
                [
                    isOver ? "failed" : "pending", outcome.status, outcome.problem, milliseconds,
                    instant + options.delay(afterAttempts: job.delivery.attempts, spread: spread),
                    isOver ? instant : nil, id,
                ])
            try Self.noteFailure(of: job.webhook, outcome, options, at: instant, in: connection)
        }
    }

    private static func noteFailure(
        of webhook: Webhook,
        _ outcome: Outcome,
        _ options: WebhookOptions,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        try connection.execute(
            "UPDATE webhook SET failing_since = COALESCE(failing_since, ?) WHERE id = ?", [instant, webhook.id])
        if outcome.status == 410 {
            try WebhookService.disable(webhook.id, "the receiver said it is gone (410)", at: instant, in: connection)
        } else if let since = webhook.failingSince, instant - since >= Int64(options.disableAfterSeconds) {
            try WebhookService.disable(
                webhook.id, "nothing could be delivered for \((instant - since) / 3600) hours", at: instant,
                in: connection)
        }
    }
}

extension WebhookQueue.Outcome {
    var status: Int? {
        guard case .answered(let status) = self else { return nil }
        return status
    }

    var problem: String? {
        switch self {
        case .answered(let status): "answered with \(status)"
        case .failed(let problem), .hopeless(let problem): problem
        }
    }

    var isHopeless: Bool {
        switch self {
        case .answered(let status): status == 410
        case .failed: false
        case .hopeless: true
        }
    }
}
