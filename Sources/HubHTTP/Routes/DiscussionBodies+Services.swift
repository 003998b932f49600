import HubAPI
import HubCore
import HubServices

extension DiscussionBody {
    init(_ discussion: Discussion, of record: RepositoryRecord) {
        self.init(
            num: discussion.number,
            title: discussion.title,
            status: Status(discussion.status),
            author: discussion.author.map { DiscussionAuthorBody(name: $0) },
            createdAt: timestamp(discussion.createdAt),
            isPullRequest: discussion.isPullRequest,
            numComments: discussion.commentCount,
            repo: Repository(record.id)
        )
    }
}

extension DiscussionBody.Status {
    init(_ status: Discussion.Status) {
        self =
            switch status {
            case .draft: .draft
            case .open: .open
            case .closed: .closed
            case .merged: .merged
            }
    }
}

extension DiscussionEventBody {
    init(_ event: DiscussionEvent) {
        var data = Content()
        let kind: Kind
        switch event.content {
        case .comment(let comment):
            kind = .comment
            data.edited = !comment.history.isEmpty
            data.hidden = comment.isHidden
            data.latest = Content.Text(comment.text, by: comment.editor, at: comment.editedAt)
            data.history = comment.history.map { Content.Text($0.text, by: $0.author, at: $0.writtenAt) }
        case .statusChange(let status):
            kind = .statusChange
            data.status = status
        case .titleChange(let old, let new):
            kind = .titleChange
            data.from = old
            data.to = new
        case .commit(let id, let subject):
            kind = .commit
            data.oid = id
            data.subject = subject
        }
        self.init(
            id: event.id, type: kind, createdAt: timestamp(event.createdAt),
            author: event.author.map { DiscussionAuthorBody(name: $0) }, data: data)
    }
}

extension DiscussionEventBody.Content.Text {
    fileprivate init(_ text: String, by author: String?, at instant: Int64) {
        self.init(
            raw: text, html: "<p>\(text.escapedForHTML)</p>", updatedAt: timestamp(instant),
            author: author.map { DiscussionAuthorBody(name: $0) })
    }
}

extension String {
    /// The text as a browser shows it letter by letter.
    fileprivate var escapedForHTML: String {
        replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}

extension DiscussionDetailsBody.Checks {
    init(_ checks: PullRequestChanges.Checks) {
        self.init(
            state: checks.state, verdict: checks.verdict, allowMerge: checks.allowMerge, message: checks.sentence)
    }
}
