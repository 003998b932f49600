/// Body of `POST /api/models/OWNER/NAME/discussions`.
package struct CreateDiscussionBody: Codable, Sendable {
    package var title: String
    package var description: String?
    package var pullRequest: Bool?

    /// Of a pull request: a revision to propose; without one it is a draft where the branch stands.
    package var source: String?

    /// `owner/name` of the fork `source` is in; null is the repository itself.
    package var sourceRepository: String?

    /// Of a pull request: the branch it is for; null is the default branch.
    package var base: String?

    package init(
        title: String, description: String? = nil, pullRequest: Bool? = nil, source: String? = nil,
        sourceRepository: String? = nil, base: String? = nil
    ) {
        self.title = title
        self.description = description
        self.pullRequest = pullRequest
        self.source = source
        self.sourceRepository = sourceRepository
        self.base = base
    }
}

/// Body of `POST …/discussions/N/comment`.
package struct CommentBody: Codable, Sendable {
    package var comment: String

    package init(comment: String) { self.comment = comment }
}

/// Body of `POST …/discussions/N/comment/ID/edit`.
package struct EditCommentBody: Codable, Sendable {
    package var content: String

    package init(content: String) { self.content = content }
}

/// Body of `POST …/discussions/N/title`.
package struct RenameDiscussionBody: Codable, Sendable {
    package var title: String

    package init(title: String) { self.title = title }
}

/// Body of `POST …/discussions/N/status`.
package struct DiscussionStatusBody: Codable, Sendable {
    package enum Wish: String, Codable, Sendable, CaseIterable {
        case open
        case closed
    }

    package var status: Wish
    package var comment: String?

    package init(status: Wish, comment: String? = nil) {
        self.status = status
        self.comment = comment
    }
}

/// Body of `POST …/discussions/N/merge`, which may also be empty.
package struct MergePullRequestBody: Codable, Sendable {
    package var comment: String?

    /// How tensors that both sides changed are settled: `conflict` (default), `ours`, `theirs`, `sum` or `average`.
    package var strategy: String?

    /// Merges whatever validation says; for administrators of the repository.
    package var force: Bool?

    package init(comment: String? = nil, strategy: String? = nil, force: Bool? = nil) {
        self.comment = comment
        self.strategy = strategy
        self.force = force
    }
}

/// Answer of a merge; with status 409 and `error`, nothing was merged because of the conflicts.
package struct MergedPullRequestBody: Codable, Sendable {
    package var status: DiscussionBody.Status
    package var mergeCommitId: String?
    package var merge: MergeResultBody
    package var error: String?

    package init(
        status: DiscussionBody.Status, mergeCommitId: String?, merge: MergeResultBody, error: String? = nil
    ) {
        self.status = status
        self.mergeCommitId = mergeCommitId
        self.merge = merge
        self.error = error
    }
}

/// Answer of `POST …/comment`.
package struct NewCommentBody: Codable, Sendable {
    package var newMessage: DiscussionEventBody

    package init(newMessage: DiscussionEventBody) { self.newMessage = newMessage }
}

/// Answer of editing or hiding a comment.
package struct UpdatedCommentBody: Codable, Sendable {
    package var updatedComment: DiscussionEventBody

    package init(updatedComment: DiscussionEventBody) { self.updatedComment = updatedComment }
}

/// Answer of `POST …/title`.
package struct NewTitleBody: Codable, Sendable {
    package var newTitle: DiscussionEventBody

    package init(newTitle: DiscussionEventBody) { self.newTitle = newTitle }
}

/// Answer of `POST …/status`.
package struct NewStatusBody: Codable, Sendable {
    package var newStatus: DiscussionEventBody

    package init(newStatus: DiscussionEventBody) { self.newStatus = newStatus }
}
