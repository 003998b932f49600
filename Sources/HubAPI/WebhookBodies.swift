/// Something a webhook watches.
package struct WatchedBody: Codable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case bucket
        case dataset
        case kernel
        case model
        case org
        case space
        case user
    }

    package var type: Kind

    /// A user, an organisation, or the `owner/name` of a repository.
    package var name: String

    package init(type: Kind, name: String) {
        self.type = type
        self.name = name
    }
}

package enum WebhookDomain: String, Codable, Sendable, CaseIterable {
    case repo
    case discussion
}

/// Body of `POST /api/settings/webhooks`, and of `POST /api/settings/webhooks/ID`, where null stays as it is.
package struct WebhookWishBody: Codable, Sendable {
    package var url: String?
    package var watched: [WatchedBody]?
    package var domains: [WebhookDomain]?
    package var secret: String?

    /// Refused: nothing is run here.
    package var jobSourceId: String?
}

/// A webhook, as its owner sees it.
package struct WebhookBody: Codable, Sendable {
    package var id: String
    package var url: String
    package var watched: [WatchedBody]
    package var domains: [WebhookDomain]
    package var secret: String?
    package var disabled: Bool
    package var disabledReason: String?

    package init(
        id: String, url: String, watched: [WatchedBody], domains: [WebhookDomain], secret: String?, disabled: Bool,
        disabledReason: String?
    ) {
        self.id = id
        self.url = url
        self.watched = watched
        self.domains = domains
        self.secret = secret
        self.disabled = disabled
        self.disabledReason = disabledReason
    }
}

/// Answer of the routes about one webhook.
package struct WebhookAnswerBody: Codable, Sendable {
    package var webhook: WebhookBody

    package init(webhook: WebhookBody) { self.webhook = webhook }
}

/// One message to a webhook, and what came of it.
package struct WebhookDeliveryBody: Codable, Sendable {
    package enum State: String, Codable, Sendable, CaseIterable {
        case pending
        case delivered
        case failed
        case dropped
    }

    package struct Event: Codable, Sendable {
        package var action: String
        package var scope: String
    }

    package var id: String
    package var event: Event
    package var state: State
    package var attempts: Int

    /// The status of the last answer.
    package var status: Int?
    package var problem: String?
    package var durationMs: Int64?
    package var createdAt: String
    package var finishedAt: String?

    /// Of one that waits.
    package var nextAttemptAt: String?

    /// The body as it is sent; left out in lists.
    package var payload: String?

    package init(
        id: String, action: String, scope: String, state: State, attempts: Int, status: Int?, problem: String?,
        durationMs: Int64?, createdAt: String, finishedAt: String?, nextAttemptAt: String?, payload: String?
    ) {
        self.id = id
        event = Event(action: action, scope: scope)
        self.state = state
        self.attempts = attempts
        self.status = status
        self.problem = problem
        self.durationMs = durationMs
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.nextAttemptAt = nextAttemptAt
        self.payload = payload
    }
}
