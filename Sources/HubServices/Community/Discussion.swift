package import HubCore
import HubDatabase

/// A row of `discussion`: something people talk about beside a repository, or a change someone proposes to it.
package struct Discussion: Sendable, Hashable {
    package enum Status: String, Sendable, CaseIterable {
        /// A pull request whose author is not done.
        case draft
        case open
        case closed
        case merged
    }

    /// How a pull request was merged.
    package struct Merge: Sendable, Hashable {
        /// What the target branch and the pull request had in common; nil if that is unknown.
        package let base: CommitID?
        package let head: CommitID

        /// Where the target branch stood afterwards.
        package let commit: CommitID
    }

    let rowID: Int64
    let authorID: Int64?

    /// Counted from 1 in each repository, discussions and pull requests together.
    package let number: Int
    package let isPullRequest: Bool
    package let title: String
    package let status: Status

    /// Nil if the account is gone.
    package let author: String?

    /// Unix seconds.
    package let createdAt: Int64

    /// The branch a pull request is to be merged into.
    package let base: RefName?
    package let merge: Merge?
    package let commentCount: Int

    /// The ref a pull request's commits are on.
    package var ref: RefName { RefName(pullRequest: number) }
}

extension Discussion {
    /// Lets merged pull requests of a repository name the commits that others have become.
    static func follow(
        _ commits: [CommitID: CommitID],
        in record: RepositoryRecord,
        _ connection: any SQLConnection
    ) throws {
        let merged = try connection.query(
            "\(selection) WHERE discussion.repository_id = ? AND merge_head IS NOT NULL", [record.rowID]
        ).map { try Discussion($0) }
        for discussion in merged {
            guard let merge = discussion.merge else { continue }
            let base = merge.base.map { commits[$0] ?? $0 }
            let (head, commit) = (commits[merge.head] ?? merge.head, commits[merge.commit] ?? merge.commit)
            guard base != merge.base || head != merge.head || commit != merge.commit else { continue }
            try discussion.setMerge(Merge(base: base, head: head, commit: commit), connection)
        }
    }

    func setMerge(_ merge: Merge, _ connection: any SQLConnection) throws {
        try connection.execute(
            "UPDATE discussion SET merge_base = ?, merge_head = ?, merge_commit = ? WHERE id = ?",
            [merge.base, merge.head, merge.commit, rowID])
    }

    private static let selection = """
        SELECT discussion.id, discussion.author_id, discussion.number, discussion.is_pull_request, discussion.title,
               discussion.status, account.name, discussion.created_at, discussion.base_ref, discussion.merge_base,
               discussion.merge_head, discussion.merge_commit,
               (SELECT COUNT(*) FROM discussion_event
                WHERE discussion_event.discussion_id = discussion.id AND discussion_event.kind = 'comment')
        FROM discussion LEFT JOIN account ON account.id = discussion.author_id
        """

    private init(_ row: SQLRow) throws {
        rowID = try row.int64(0)
        authorID = try row.optional(1, row.int64)
        number = try row.int(2)
        isPullRequest = try row.bool(3)
        title = try row.string(4)
        let status = try row.string(5)
        guard let status = Status(rawValue: status) else {
            throw SQLError.other("'\(status)' is not a status of a discussion")
        }
        self.status = status
        author = try row.optional(6, row.string)
        createdAt = try row.int64(7)
        base = try row.optional(8, row.string).map { try RefName(parsing: $0) }
        if let commit = try row.optional(11, row.objectID), let head = try row.optional(10, row.objectID) {
            merge = Merge(base: try row.optional(9, row.objectID), head: head, commit: commit)
        } else {
            merge = nil
        }
        commentCount = try row.int(12)
    }

    static func find(_ number: Int, in repository: Int64, _ connection: any SQLConnection) throws -> Discussion? {
        try connection.queryOne(
            selection + " WHERE discussion.repository_id = ? AND discussion.number = ?", [repository, number]
        ).map(Discussion.init)
    }

    /// The discussion; one that is not there is ``HubError/notFound(_:)``.
    static func require(
        _ number: Int,
        of record: RepositoryRecord,
        in connection: any SQLConnection
    ) throws -> Discussion {
        guard let found = try find(number, in: record.rowID, connection) else {
            throw HubError.notFound("\(record.id) has no discussion \(number)")
        }
        return found
    }

    /// Those that pass `filter`, newest first, and how many there are on all pages.
    static func list(
        _ filter: DiscussionFilter,
        in repository: Int64,
        skipping start: Int,
        limit: Int,
        _ connection: any SQLConnection
    ) throws -> (count: Int, page: [Discussion]) {
        let (condition, values) = filter.condition(in: repository)
        let count = try connection.queryOne(
            "SELECT COUNT(*) FROM discussion LEFT JOIN account ON account.id = discussion.author_id WHERE \(condition)",
            values)?.int(0)
        let page = try connection.query(
            selection + " WHERE \(condition) ORDER BY discussion.number DESC LIMIT ? OFFSET ?",
            values + [limit, start])
        return (count ?? 0, try page.map(Discussion.init))
    }
}

/// Which discussions are asked for.
package struct DiscussionFilter: Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case all
        case discussion
        case pullRequest = "pull_request"
    }

    package enum State: String, Sendable, CaseIterable {
        case all
        /// Drafts are open too.
        case open
        /// Merged ones are closed too.
        case closed
    }

    package let kind: Kind
    package let state: State

    /// The name of an account.
    package let author: String?

    package init(kind: Kind = .all, state: State = .all, author: String? = nil) {
        self.kind = kind
        self.state = state
        self.author = author
    }

    fileprivate func condition(in repository: Int64) -> (String, [any SQLValueConvertible]) {
        var conditions = ["discussion.repository_id = ?"]
        var values: [any SQLValueConvertible] = [repository]
        switch kind {
        case .all: break
        case .discussion: conditions.append("discussion.is_pull_request = 0")
        case .pullRequest: conditions.append("discussion.is_pull_request = 1")
        }
        switch state {
        case .all: break
        case .open: conditions.append("discussion.status IN ('open', 'draft')")
        case .closed: conditions.append("discussion.status IN ('closed', 'merged')")
        }
        if let author {
            conditions.append("account.name_key = ?")
            values.append(author.lowercased())
        }
        return (conditions.joined(separator: " AND "), values)
    }
}
