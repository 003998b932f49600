import HubCore
import HubDatabase
import HubGit

/// What pushes to `refs/pr/N` must keep to, and what they leave behind in the pull request.
enum PullRequestRule {
    /// So many commits of one push are told in the pull request.
    private static let toldCommits = 100

    /// Asked before anything is read: that the caller may propose changes at all, and to pull request `number` if
    /// there is one already.
    static func requireParticipant(in number: Int, for push: Push, in connection: any SQLConnection) throws {
        let record = try Access.participant(push.repository.id, for: push.caller, in: connection)
        guard let found = try Discussion.find(number, in: record.rowID, connection) else { return }
        try requireAuthor(of: found, for: push, in: connection)
    }

    /// Asked in the transaction that moves the ref.
    static func requireAuthor(of number: Int, for push: Push, in connection: any SQLConnection) throws {
        let record = try Access.participant(push.repository.id, for: push.caller, in: connection)
        try requireAuthor(of: Discussion.require(number, of: record, in: connection), for: push, in: connection)
    }

    private static func requireAuthor(
        of discussion: Discussion,
        for push: Push,
        in connection: any SQLConnection
    ) throws {
        guard discussion.isPullRequest else {
            throw HubError.notFound("discussion \(discussion.number) of \(push.repository.id) is no pull request")
        }
        guard discussion.status != .merged else {
            throw HubError.conflict("pull request \(discussion.number) is merged; open another one")
        }
        try Access.requireAuthorship(
            of: discussion.authorID, or: .write, on: push.repository, by: push.caller, in: connection)
    }

    /// Tells the new commits of each pull request in it, oldest first.
    static func recordCommits(
        of push: Push,
        git: borrowing GitRepository,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        for update in push.updates {
            guard let number = update.ref.pullRequestNumber, let new = update.new else { continue }
            let discussion = try Discussion.require(number, of: push.repository, in: connection)
            let base = try discussion.base.flatMap { try git.ref($0)?.commit }
            let known = try [base, update.old.map { try git.commitID(of: $0) }].compactMap(\.self)
            let commits = try git.commits(from: try git.commitID(of: new), hiding: known, limit: toldCommits)
            let log = DiscussionLog(
                repository: push.repository, caller: push.caller, instant: instant, connection: connection)
            for commit in commits.reversed() {
                try log.commit(commit.id, commit.title, in: discussion)
            }
        }
    }
}
