import HubCore
import HubDatabase
import HubGit

/// A commit as somebody proposed it, to be known again when they send it twice because the answer was lost.
struct ResentCommit: Sendable {
    let base: RefName

    /// The first line of what they said.
    let title: String
    let tree: ObjectID
    let parent: CommitID

    /// The commit's own message; nil if nothing was to be changed, so that there is no commit.
    let message: String?

    /// So many seconds later, the same proposal is meant as another one.
    private static let patience: Int64 = 600

    /// How many pull requests of the last minutes are looked at.
    private static let lookedAt = 20

    /// The open pull request that the same caller opened with the same commit.
    func find(
        by caller: Caller,
        at instant: Int64,
        in record: RepositoryRecord,
        _ store: GitStore,
        _ connection: any SQLConnection
    ) throws -> Discussion? {
        guard let user = caller.user else { return nil }
        let rows = try connection.query(
            """
            SELECT number FROM discussion
            WHERE repository_id = ? AND is_pull_request = 1 AND status = 'open' AND author_id = ? AND title = ?
              AND base_ref = ? AND created_at >= ?
            ORDER BY number DESC LIMIT ?
            """, [record.rowID, user.id, title, base.name, instant - Self.patience, Self.lookedAt])
        guard !rows.isEmpty else { return nil }
        let git = try store.open(connection, record.rowID)
        for row in rows {
            let number = try row.int(0)
            guard let head = try git.ref(RefName(pullRequest: number))?.commit, try isSame(head, user.name, git: git)
            else { continue }
            return try Discussion.require(number, of: record, in: connection)
        }
        return nil
    }

    private func isSame(_ head: CommitID, _ author: String, git: borrowing GitRepository) throws -> Bool {
        guard let message else { return head == parent }
        let commit = try git.commit(head)
        return commit.tree == tree && commit.parents == [parent] && commit.message == message
            && commit.author.name == author
    }
}
