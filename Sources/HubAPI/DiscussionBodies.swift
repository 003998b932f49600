package import HubCore

/// Who did something; the name is all that is told.
package struct DiscussionAuthorBody: Codable, Sendable {
    package var name: String
    package var type: String

    package init(name: String) {
        self.name = name
        type = "user"
    }
}

/// An item of `GET /api/models/OWNER/NAME/discussions`.
package struct DiscussionBody: Codable, Sendable {
    package struct Repository: Codable, Sendable {
        package var name: String
        package var type: RepositoryID.Kind

        package init(_ id: RepositoryID) {
            name = id.path
            type = id.kind
        }
    }

    package enum Status: String, Codable, Sendable, CaseIterable {
        case draft
        case open
        case closed
        case merged
    }

    package var num: Int
    package var title: String
    package var status: Status
    package var author: DiscussionAuthorBody?
    package var createdAt: String
    package var isPullRequest: Bool
    package var numComments: Int
    package var repo: Repository

    package init(
        num: Int, title: String, status: Status, author: DiscussionAuthorBody?, createdAt: String,
        isPullRequest: Bool, numComments: Int, repo: Repository
    ) {
        self.num = num
        self.title = title
        self.status = status
        self.author = author
        self.createdAt = createdAt
        self.isPullRequest = isPullRequest
        self.numComments = numComments
        self.repo = repo
    }
}

/// Answer of `GET /api/models/OWNER/NAME/discussions`.
package struct DiscussionListBody: Codable, Sendable {
    package var count: Int
    package var start: Int
    package var discussions: [DiscussionBody]

    package init(count: Int, start: Int, discussions: [DiscussionBody]) {
        self.count = count
        self.start = start
        self.discussions = discussions
    }
}

/// Answer of `GET /api/models/OWNER/NAME/discussions/N`.
package struct DiscussionDetailsBody: Codable, Sendable {
    package struct Changes: Codable, Sendable {
        /// The full name of the branch it is for.
        package var base: String
        package var mergeCommitId: String?

        /// What branch and pull request have in common, and the newest commit of the pull request.
        package var baseCommit: String?
        package var headCommit: String?

        package init(base: String, mergeCommitId: String?, baseCommit: String?, headCommit: String?) {
            self.base = base
            self.mergeCommitId = mergeCommitId
            self.baseCommit = baseCommit
            self.headCommit = headCommit
        }
    }

    /// What validation says about the head.
    package struct Checks: Codable, Sendable {
        package var state: ValidationReport.State?
        package var verdict: ValidationReport.Verdict?
        package var allowMerge: Bool
        package var message: String

        package init(
            state: ValidationReport.State?, verdict: ValidationReport.Verdict?, allowMerge: Bool, message: String
        ) {
            self.state = state
            self.verdict = verdict
            self.allowMerge = allowMerge
            self.message = message
        }
    }

    package var num: Int
    package var title: String
    package var status: DiscussionBody.Status
    package var author: DiscussionAuthorBody?
    package var createdAt: String
    package var isPullRequest: Bool
    package var numComments: Int
    package var repo: DiscussionBody.Repository
    package var events: [DiscussionEventBody]

    /// From here on only of pull requests.
    package var changes: Changes?
    package var filesWithConflicts: [String]?
    package var diff: String?
    package var checks: Checks?

    package init(_ discussion: DiscussionBody, events: [DiscussionEventBody]) {
        num = discussion.num
        title = discussion.title
        status = discussion.status
        author = discussion.author
        createdAt = discussion.createdAt
        isPullRequest = discussion.isPullRequest
        numComments = discussion.numComments
        repo = discussion.repo
        self.events = events
    }
}

/// Something that happened in a discussion.
package struct DiscussionEventBody: Codable, Sendable {
    package enum Kind: String, Codable, Sendable, CaseIterable {
        case comment
        case statusChange = "status-change"
        case titleChange = "title-change"
        case commit
    }

    /// Which of these are there depends on the kind.
    package struct Content: Codable, Sendable {
        package struct Text: Codable, Sendable {
            package var raw: String

            /// The text as it is, escaped.
            package var html: String?
            package var updatedAt: String
            package var author: DiscussionAuthorBody?

            package init(raw: String, html: String?, updatedAt: String, author: DiscussionAuthorBody?) {
                self.raw = raw
                self.html = html
                self.updatedAt = updatedAt
                self.author = author
            }
        }

        package var edited: Bool?
        package var hidden: Bool?
        package var latest: Text?
        package var history: [Text]?
        package var status: String?
        package var subject: String?
        package var oid: String?
        package var from: String?
        package var to: String?

        package init() {}
    }

    package var id: String
    package var type: Kind
    package var createdAt: String
    package var author: DiscussionAuthorBody?
    package var data: Content

    package init(id: String, type: Kind, createdAt: String, author: DiscussionAuthorBody?, data: Content) {
        self.id = id
        self.type = type
        self.createdAt = createdAt
        self.author = author
        self.data = data
    }
}
