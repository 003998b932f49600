package import HubCore
import HubDatabase

/// Somebody's wish to be told of events by HTTP.
package struct Webhook: Sendable {
    package enum Domain: String, Sendable, CaseIterable {
        case repo
        case discussion
    }

    /// Something that is watched; users and organisations mean all their repositories.
    package struct Watched: Sendable, Hashable {
        package enum Kind: String, Sendable, CaseIterable {
            case bucket
            case dataset
            case kernel
            case model
            case org
            case space
            case user
        }

        package let kind: Kind
        package let name: String

        /// Things that do not exist yet may be watched too.
        package init(_ kind: Kind, _ name: String) throws(HubError) {
            let parts = name.split(separator: "/", omittingEmptySubsequences: false)
            let count = kind == .org || kind == .user ? 1 : 2
            guard parts.count == count, parts.allSatisfy({ RepositoryID.isWellFormed($0) }) else {
                throw .invalid(
                    "'\(name.prefix(200).filter { $0 != "\0" })' is not the name of a \(kind.rawValue) to watch")
            }
            self.kind = kind
            self.name = name
        }
    }

    package let id: Int64
    package let ownerID: Int64
    package let url: String

    /// Sent along and used to sign; those who have it know that a delivery is genuine.
    package let secret: String?
    package let domains: [Domain]

    /// How the owner reaches the hub: links in payloads begin with it.
    package let baseURL: String
    package let isDisabled: Bool
    package let disabledReason: String?

    /// When deliveries began to fail, in Unix seconds; nil if the last one did not.
    let failingSince: Int64?
    package var watched: [Watched] = []

    static let columns = """
        webhook.id, webhook.owner_id, webhook.url, webhook.secret, webhook.domains, webhook.base_url,
        webhook.is_disabled, webhook.disabled_reason, webhook.failing_since
        """

    init(_ row: SQLRow) throws {
        id = try row.int64(0)
        ownerID = try row.int64(1)
        url = try row.string(2)
        secret = try row.optional(3, row.string)
        domains = try row.string(4).split(separator: " ").compactMap { Domain(rawValue: String($0)) }
        baseURL = try row.string(5)
        isDisabled = try row.bool(6)
        disabledReason = try row.optional(7, row.string)
        failingSince = try row.optional(8, row.int64)
    }

    mutating func readWatched(in connection: any SQLConnection) throws {
        watched = try connection.query(
            "SELECT kind, name FROM webhook_watch WHERE webhook_id = ? ORDER BY kind, name_key", [id]
        ).map { row in try Watched(Watched.Kind(rawValue: row.string(0)) ?? .model, row.string(1)) }
    }
}

/// One message to one webhook, with what came of it.
package struct WebhookDelivery: Sendable {
    package enum State: String, Sendable {
        case pending
        case delivered
        case failed
        /// Not sent: the owner may not know of it.
        case dropped
    }

    package let id: Int64
    let webhookID: Int64
    package let scope: String
    package let action: String

    /// The JSON text of the body.
    package let payload: String
    package let state: State
    package let attempts: Int
    package let nextAttemptAt: Int64

    /// The status of the last answer, if there was one.
    package let status: Int?
    package let problem: String?
    package let milliseconds: Int64?
    package let createdAt: Int64
    package let finishedAt: Int64?

    let repositoryID: Int64
    let repositoryOwnerID: Int64
    let wasPublic: Bool

    static let columns = """
        id, webhook_id, scope, action, payload, state, attempts, next_attempt_at, status, problem, duration_ms,
        created_at, finished_at, repository_id, repository_owner_id, was_public
        """

    init(_ row: SQLRow) throws {
        id = try row.int64(0)
        webhookID = try row.int64(1)
        scope = try row.string(2)
        action = try row.string(3)
        payload = try row.string(4)
        state = try State(rawValue: row.string(5)) ?? .failed
        attempts = try row.int(6)
        nextAttemptAt = try row.int64(7)
        status = try row.optional(8, row.int)
        problem = try row.optional(9, row.string)
        milliseconds = try row.optional(10, row.int64)
        createdAt = try row.int64(11)
        finishedAt = try row.optional(12, row.int64)
        repositoryID = try row.int64(13)
        repositoryOwnerID = try row.int64(14)
        wasPublic = try row.bool(15)
    }
}
