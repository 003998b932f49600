import Foundation
import HubCore
import HubDatabase
import HubGit

/// Something that happened to a repository, as webhooks are told of it.
///
/// Read from one row of `event`, or from several that were one push.
struct WebhookEvent: Sendable {
    /// A row of `event`.
    struct Row: Sendable {
        let id: Int64
        let kind: String
        let repositoryID: Int64
        let actorID: Int64?
        let payload: [String: String]
        let createdAt: Int64

        init?(_ row: SQLRow) throws {
            guard let repositoryID = try row.optional(2, row.int64) else { return nil }
            id = try row.int64(0)
            kind = try row.string(1)
            self.repositoryID = repositoryID
            actorID = try row.optional(3, row.int64)
            payload = try JSONDecoder().decode([String: String].self, from: Data(row.string(4).utf8))
            createdAt = try row.int64(5)
        }

        /// Whether both rows tell of one push.
        func isSamePush(as other: Row) -> Bool {
            kind == "ref-moved" && other.kind == kind && repositoryID == other.repositoryID
                && actorID == other.actorID && createdAt == other.createdAt
        }
    }

    /// The repository as far as it still exists, or as it was when it was deleted.
    struct Subject: Sendable {
        let rowID: Int64
        let id: RepositoryID
        let ownerID: Int64
        let isPublic: Bool
        let head: String?

        init?(_ row: Row, in connection: any SQLConnection) throws {
            rowID = row.repositoryID
            if let record = try RepositoryRecord.find(rowID: row.repositoryID, in: connection) {
                id = record.id
                ownerID = record.ownerID
                isPublic = record.visibility == .public
                let git = try GitRepository(connection, repository: record.rowID)
                head = try git.ref(git.defaultBranch)?.commit.hex
            } else {
                let end = try Self.end(of: row, in: connection)
                guard let kind = end["kind"].flatMap(RepositoryID.Kind.init), let name = end["name"],
                    let owner = end["owner"].flatMap({ Int64($0) })
                else { return nil }
                id = try RepositoryID(kind, parsing: name)
                ownerID = owner
                isPublic = end["visibility"] == RepositoryRecord.Visibility.public.rawValue
                head = nil
            }
        }

        /// What was written down when the repository of an event was deleted.
        private static func end(of row: Row, in connection: any SQLConnection) throws -> [String: String] {
            guard row.kind != "repository-deleted" else { return row.payload }
            let last = try connection.queryOne(
                "SELECT payload FROM event WHERE repository_id = ? AND kind = 'repository-deleted' ORDER BY id LIMIT 1",
                [row.repositoryID])
            guard let text = try last?.string(0) else { return [:] }
            return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        }
    }

    let rows: [Row]
    let subject: Subject
    let action: String
    let scope: String

    /// Nil for what webhooks are not told of.
    init?(_ rows: [Row], in connection: any SQLConnection) throws {
        guard let first = rows.first, let word = Self.words[first.kind],
            let subject = try Subject(first, in: connection)
        else { return nil }
        self.rows = rows
        self.subject = subject
        action = word.action
        scope = word.scope
    }

    var domain: Webhook.Domain { scope.hasPrefix("discussion") ? .discussion : .repo }

    private static let words: [String: (action: String, scope: String)] = [
        "repository-created": ("create", "repo"),
        "repository-forked": ("create", "repo"),
        "repository-deleted": ("delete", "repo"),
        "repository-moved": ("move", "repo"),
        "visibility-changed": ("update", "repo.config"),
        "ref-moved": ("update", "repo.content"),
        "discussion-created": ("create", "discussion"),
        "pull-request-created": ("create", "discussion"),
        "discussion-renamed": ("update", "discussion"),
        "discussion-status-changed": ("update", "discussion"),
        "pull-request-merged": ("update", "discussion"),
        "comment-created": ("create", "discussion.comment"),
        "comment-updated": ("update", "discussion.comment"),
    ]

    /// The body for one webhook.
    func payload(for webhook: Webhook, in connection: any SQLConnection) throws -> String {
        let path = "\(subject.id.kind.webPrefix)\(subject.id.path)"
        let links = WebhookPayload.Links(
            web: "\(webhook.baseURL)/\(path)",
            api: "\(webhook.baseURL)/api/\(subject.id.kind.plural)/\(subject.id.path)")
        var payload = WebhookPayload(
            event: .init(action: action, scope: scope),
            repo: .init(
                id: PublicID.text(subject.rowID), type: subject.id.kind.rawValue, name: subject.id.path,
                private: !subject.isPublic, owner: .init(id: PublicID.text(subject.ownerID)), url: links,
                headSha: subject.head, head_sha: subject.head),
            webhook: .init(id: PublicID.text(webhook.id)))
        switch rows[0].kind {
        case "ref-moved":
            payload.updatedRefs = rows.map { row in
                .init(
                    ref: row.payload["ref"] ?? "", oldSha: row.payload["old"].flatMap { $0.isEmpty ? nil : $0 },
                    newSha: row.payload["new"].flatMap { $0.isEmpty ? nil : $0 })
            }
        case "repository-moved":
            payload.movedTo = .init(name: subject.id.path, owner: .init(id: PublicID.text(subject.ownerID)))
        default: break
        }
        if domain == .discussion { try describeDiscussion(in: &payload, links, in: connection) }
        return try payload.text()
    }

    /// Adds the discussion, and the comment if there is one, as they are now.
    private func describeDiscussion(
        in payload: inout WebhookPayload,
        _ links: WebhookPayload.Links,
        in connection: any SQLConnection
    ) throws {
        guard let number = rows[0].payload["num"].flatMap({ Int($0) }),
            let discussion = try Discussion.find(number, in: subject.rowID, connection)
        else { return }
        let place = WebhookPayload.Links(
            web: "\(links.web)/discussions/\(number)", api: "\(links.api)/discussions/\(number)")
        payload.discussion = .init(
            id: PublicID.text(discussion.rowID), num: number, title: discussion.title,
            isPullRequest: discussion.isPullRequest, status: discussion.status.rawValue,
            author: .init(id: PublicID.text(discussion.authorID ?? 0)), url: place,
            changes: discussion.base.map { .init(base: $0.name, mergeCommitId: discussion.merge?.commit.hex) })
        guard let id = rows[0].payload["comment"],
            let event = try DiscussionEvent.find(id, of: discussion.rowID, in: connection),
            case .comment(let comment) = event.content
        else { return }
        payload.comment = .init(
            id: id, author: .init(id: PublicID.text(event.authorID ?? 0)), hidden: comment.isHidden,
            content: comment.isHidden ? nil : comment.text,
            url: .init(web: "\(place.web)#\(id)", api: "\(place.api)/comment/\(id)"))
    }
}
