import HubCore
package import HubDatabase

/// What people say about their webhooks; deliveries are made by ``WebhookRunner``.
package struct WebhookService: Sendable {
    let database: any SQLDatabase
    let options: WebhookOptions
    let now: Now

    package init(database: any SQLDatabase, options: WebhookOptions, now: Now) {
        self.database = database
        self.options = options
        self.now = now
    }

    /// So many webhooks one user may have, and so many things one may watch.
    private static let limit = 100

    /// What a webhook is to be; nil stays as it is, and must be there for a new one unless it says otherwise.
    package struct Wish: Sendable {
        package var url: String?
        package var watched: [Webhook.Watched]?

        /// Nil is all, for a new one.
        package var domains: [Webhook.Domain]?

        /// May be missing.
        package var secret: String?

        package init() {}
    }

    package func list(for caller: Caller) async throws -> [Webhook] {
        try await database.read { connection in
            let user = try Access.requireWriter(caller, to: "see your webhooks")
            return try connection.query(
                "SELECT \(Webhook.columns) FROM webhook WHERE owner_id = ? ORDER BY id", [user.id]
            ).map { row in
                var webhook = try Webhook(row)
                try webhook.readWatched(in: connection)
                return webhook
            }
        }
    }

    package func show(_ id: Int64, for caller: Caller) async throws -> Webhook {
        try await database.read { connection in try Self.find(id, for: caller, in: connection) }
    }

    /// - Parameter baseURL: How the caller reaches the hub.
    package func create(_ wish: Wish, baseURL: String, by caller: Caller) async throws -> Webhook {
        guard let url = wish.url else { throw HubError.invalid("a webhook needs a url") }
        let target = try WebhookURL(url, options: options)
        let secret = try wish.secret.flatMap(Self.secret)
        let watched = try Self.limited(wish.watched ?? [])
        guard !watched.isEmpty else { throw HubError.invalid("a webhook needs something to watch") }
        let instant = now.seconds
        return try await database.write { connection in
            let user = try Access.requireWriter(caller, to: "make a webhook")
            let count = try connection.queryOne("SELECT COUNT(*) FROM webhook WHERE owner_id = ?", [user.id])
            guard try count?.int(0) ?? 0 < Self.limit else {
                throw HubError.conflict("you have \(Self.limit) webhooks; delete some first")
            }
            let row = try connection.queryOne(
                """
                INSERT INTO webhook (owner_id, url, secret, domains, base_url, created_at) VALUES (?, ?, ?, ?, ?, ?)
                RETURNING id
                """,
                [user.id, target.text, secret, Self.text(of: wish.domains), baseURL, instant])
            guard let id = try row?.int64(0) else { throw SQLError.other("the new webhook has no row") }
            try Self.watch(watched, by: id, in: connection)
            return try Self.find(id, for: caller, in: connection)
        }
    }

    /// Changes what is said; an empty list of things to watch leaves them as they are.
    package func update(_ id: Int64, _ wish: Wish, baseURL: String, by caller: Caller) async throws -> Webhook {
        let target = try wish.url.map { try WebhookURL($0, options: options) }
        let secret = try wish.secret.map(Self.secret)
        let watched = try Self.limited(wish.watched ?? [])
        return try await database.write { connection in
            let webhook = try Self.find(id, for: caller, in: connection)
            try connection.execute(
                "UPDATE webhook SET url = ?, secret = ?, domains = ?, base_url = ? WHERE id = ?",
                [
                    target?.text ?? webhook.url, secret ?? webhook.secret,
                    Self.text(of: wish.domains ?? webhook.domains), baseURL, id,
                ])
            if !watched.isEmpty {
                try connection.execute("DELETE FROM webhook_watch WHERE webhook_id = ?", [id])
                try Self.watch(watched, by: id, in: connection)
            }
            return try Self.find(id, for: caller, in: connection)
        }
    }

    package func setDisabled(_ isDisabled: Bool, _ id: Int64, by caller: Caller) async throws -> Webhook {
        let instant = now.seconds
        return try await database.write { connection in
            _ = try Self.find(id, for: caller, in: connection)
            if isDisabled {
                try Self.disable(id, "disabled by its owner", at: instant, in: connection)
            } else {
                try connection.execute(
                    """
                    UPDATE webhook SET is_disabled = 0, disabled_reason = NULL, failing_since = NULL WHERE id = ?
                    """, [id])
            }
            return try Self.find(id, for: caller, in: connection)
        }
    }

    package func delete(_ id: Int64, by caller: Caller) async throws {
        try await database.write { connection in
            _ = try Self.find(id, for: caller, in: connection)
            for table in ["webhook_watch", "webhook_delivery"] {
                try connection.execute("DELETE FROM \(table) WHERE webhook_id = ?", [id])
            }
            try connection.execute("DELETE FROM webhook WHERE id = ?", [id])
        }
    }

    // MARK: The log

    /// What was sent to a webhook, the latest first.
    package func deliveries(
        to id: Int64,
        _ page: RowPageRequest,
        for caller: Caller
    ) async throws -> RowPage<WebhookDelivery> {
        try await database.read { connection in
            _ = try Self.find(id, for: caller, in: connection)
            let rows = try connection.query(
                """
                SELECT \(WebhookDelivery.columns) FROM webhook_delivery
                WHERE webhook_id = ? AND id < ? ORDER BY id DESC LIMIT ?
                """, [id, page.backwardsStart, page.limit + 1])
            return try RowPage(rows, limit: page.limit) { try WebhookDelivery($0) }
        }
    }

    package func delivery(_ delivery: Int64, to id: Int64, for caller: Caller) async throws -> WebhookDelivery {
        try await database.read { connection in
            _ = try Self.find(id, for: caller, in: connection)
            return try Self.delivery(delivery, to: id, in: connection)
        }
    }

    /// Sends a message once more, as a new delivery.
    package func redeliver(_ delivery: Int64, to id: Int64, by caller: Caller) async throws -> WebhookDelivery {
        let instant = now.seconds
        return try await database.write { connection in
            let webhook = try Self.find(id, for: caller, in: connection)
            guard !webhook.isDisabled else { throw HubError.conflict("the webhook is disabled; enable it first") }
            let old = try Self.delivery(delivery, to: id, in: connection)
            let row = try connection.queryOne(
                """
                INSERT INTO webhook_delivery (webhook_id, repository_id, repository_owner_id, was_public, scope, action,
                    payload, state, next_attempt_at, created_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', ?, ?) RETURNING \(WebhookDelivery.columns)
                """,
                [
                    id, old.repositoryID, old.repositoryOwnerID, old.wasPublic, old.scope, old.action, old.payload,
                    instant, instant,
                ])
            guard let row else { throw SQLError.other("the new delivery has no row") }
            return try WebhookDelivery(row)
        }
    }
}

extension WebhookService {
    static func find(_ id: Int64, for caller: Caller, in connection: any SQLConnection) throws -> Webhook {
        let user = try Access.requireWriter(caller, to: "see your webhooks")
        let row = try connection.queryOne(
            "SELECT \(Webhook.columns) FROM webhook WHERE id = ? AND owner_id = ?", [id, user.id])
        guard var webhook = try row.map(Webhook.init) else { throw HubError.notFound("you have no such webhook") }
        try webhook.readWatched(in: connection)
        return webhook
    }

    /// Stops a webhook; what it has not been told yet it will not be told.
    static func disable(_ id: Int64, _ reason: String, at instant: Int64, in connection: any SQLConnection) throws {
        try connection.execute(
            "UPDATE webhook SET is_disabled = 1, disabled_reason = ? WHERE id = ?", [reason, id])
        try connection.execute(
            """
            UPDATE webhook_delivery SET state = 'dropped', problem = 'the webhook was disabled', finished_at = ?
            WHERE webhook_id = ? AND state = 'pending'
            """, [instant, id])
    }

    private static func delivery(
        _ delivery: Int64,
        to id: Int64,
        in connection: any SQLConnection
    ) throws -> WebhookDelivery {
        let row = try connection.queryOne(
            "SELECT \(WebhookDelivery.columns) FROM webhook_delivery WHERE id = ? AND webhook_id = ?", [delivery, id])
        guard let row else { throw HubError.notFound("the webhook has no such delivery") }
        return try WebhookDelivery(row)
    }

    private static func watch(_ watched: [Webhook.Watched], by id: Int64, in connection: any SQLConnection) throws {
        for item in watched {
            try connection.execute(
                """
                INSERT INTO webhook_watch (webhook_id, kind, name, name_key) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING
                """, [id, item.kind.rawValue, item.name, item.name.lowercased()])
        }
    }

    private static func limited(_ watched: [Webhook.Watched]) throws(HubError) -> [Webhook.Watched] {
        guard watched.count <= limit else { throw .invalid("a webhook may watch at most \(limit) things") }
        return watched
    }

    private static func text(of domains: [Webhook.Domain]?) -> String {
        let wanted = domains.flatMap { $0.isEmpty ? nil : $0 } ?? Webhook.Domain.allCases
        return Webhook.Domain.allCases.filter(wanted.contains).map(\.rawValue).joined(separator: " ")
    }

    /// A secret travels in a header; an empty one is none.
    private static func secret(_ text: String) throws(HubError) -> String? {
        guard text.utf8.count <= 1000, text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
            throw .invalid("a webhook's secret has up to 1000 visible ASCII characters")
        }
        return text.isEmpty ? nil : text
    }
}
