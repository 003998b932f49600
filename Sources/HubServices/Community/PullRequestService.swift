package import HubCore
import HubDatabase
package import HubGit

/// Changes people propose: a ref `refs/pr/N` beside the branches, a discussion about it, and the merge.
package struct PullRequestService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let access: Access
    let revisions: RevisionService
    let pushes: PushService
    let merges: MergeService
    let changes: PullRequestChanges
    let now: Now

    /// How often a number is asked for when others open discussions at the same moment.
    private static let attempts = 20

    /// A pull request to be.
    package struct Proposal: Sendable {
        package let title: String
        package let description: String

        /// The branch it is for; nil is the default one.
        package var base: RefName?

        /// What it proposes; nil is where `base` stands, for commits that come later.
        package var head: CommitID?

        /// Objects of `head` that are nobody's yet.
        package var quarantine: Quarantine?

        /// Row ids of repositories the caller may read whose content `head` may bring along.
        package var sources: [Int64] = []

        /// Whether more is to come before anyone should look at it.
        package var isDraft: Bool

        /// What the proposal was made of, if it may be one sent again because the answer was lost.
        var resent: ResentCommit?

        package init(title: String, description: String, isDraft: Bool) {
            self.title = title
            self.description = description
            self.isDraft = isDraft
        }
    }

    /// Opens a pull request: its number, its ref and its first comment become visible together.
    ///
    /// Everyone may who can read the repository and is logged in. `proposal.head` passes the same checks as a push.
    ///
    /// A proposal that says what it was made of and was sent a moment before is answered with what was opened then.
    package func open(_ proposal: Proposal, in id: RepositoryID, by caller: Caller) async throws -> Discussion {
        let title = try DiscussionText.title(proposal.title)
        let description = try DiscussionText.comment(proposal.description)
        let record = try await access.participant(id, for: caller)
        let standard = try await revisions.defaultBranch(of: record)
        let base = proposal.base ?? standard
        guard base.isBranch, let stand = try await head(of: base, in: record) else {
            throw HubError.revisionNotFound("\(id) has no branch '\(base.short)' to propose a change to")
        }
        let head = proposal.head ?? stand
        guard try await haveHistoryInCommon(stand, head, proposal.quarantine, in: record) else {
            throw HubError.invalid("the proposed commit and \(base.short) have no history in common")
        }
        let instant = now.seconds
        for _ in 0..<Self.attempts {
            let number = try await database.read { connection in
                try DiscussionLog.nextNumber(in: record.rowID, connection)
            }
            do {
                try await pushes.publish(
                    Push(
                        to: record, by: caller, updates: [.init(RefName(pullRequest: number), from: nil, to: head)],
                        quarantine: proposal.quarantine, sources: proposal.sources, via: "api"
                    ) { connection in
                        let log = DiscussionLog(
                            repository: record, caller: caller, instant: instant, connection: connection)
                        if let resent = proposal.resent,
                            let there = try resent.find(by: caller, at: instant, in: record, git, connection)
                        {
                            throw Reopened(number: there.number)
                        }
                        guard try log.take(number) else { throw NumberTaken() }
                        _ = try log.open(
                            number, title: title, description: description, status: proposal.isDraft ? .draft : .open,
                            base: base)
                    })
            } catch is NumberTaken {
                continue
            } catch let reopened as Reopened {
                return try await find(reopened.number, in: record)
            } catch HubError.conflict(let message) {
                // Whoever took the number meanwhile has its ref, which is seen before the number is asked for again.
                let next = try await database.read { connection in
                    try DiscussionLog.nextNumber(in: record.rowID, connection)
                }
                guard next != number else { throw HubError.conflict(message) }
                continue
            }
            return try await find(number, in: record)
        }
        throw HubError.conflict("too many discussions of \(id) are being opened at this moment; try again")
    }

    /// Opens a pull request from a revision of this repository or of a fork of it.
    ///
    /// What a private or gated repository holds becomes readable through the pull request, so its content may only be proposed
    /// by who may write to it.
    package func open(
        _ proposal: Proposal,
        from revision: String,
        of source: RepositoryID?,
        in id: RepositoryID,
        by caller: Caller
    ) async throws -> Discussion {
        let target = try await access.participant(id, for: caller)
        var origin = target
        if let source, source != target.id {
            origin = try await access.current(source, for: caller)
            if !origin.isOpenToAll { origin = try await access.repository(origin.id, for: caller, as: .write) }
        }
        var proposal = proposal
        proposal.head = try await revisions.require(revision, in: origin)
        proposal.sources = origin.rowID == target.rowID ? [] : [origin.rowID]
        return try await open(proposal, in: id, by: caller)
    }

    /// The pull request that the same proposal opened a moment before, and its commit.
    func opened(
        _ commit: ResentCommit,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws -> (commit: CommitID, pullRequest: Discussion)? {
        let instant = now.seconds
        return try await database.read { connection in
            guard let there = try commit.find(by: caller, at: instant, in: record, git, connection),
                let head = try git.open(connection, record.rowID).ref(there.ref)?.commit
            else { return nil }
            return (head, there)
        }
    }

    private func haveHistoryInCommon(
        _ one: CommitID,
        _ other: CommitID,
        _ quarantine: Quarantine?,
        in record: RepositoryRecord
    ) async throws -> Bool {
        guard let quarantine else {
            return try await git.read(record.rowID) { git in try git.mergeBase(one, other) != nil }
        }
        return try await git.read(record.rowID, with: quarantine) { git in try git.mergeBase(one, other) != nil }
    }

    func find(_ number: Int, in record: RepositoryRecord) async throws -> Discussion {
        try await database.read { connection in try Discussion.require(number, of: record, in: connection) }
    }

    func head(of ref: RefName, in record: RepositoryRecord) async throws -> CommitID? {
        try await git.read(record.rowID) { git in try git.ref(ref)?.commit }
    }

    private struct NumberTaken: Error {}

    /// The proposal was opened before under this number.
    private struct Reopened: Error {
        let number: Int
    }
}

extension RepositoryRecord {
    /// Whether everyone may read all of it, logged in or not.
    var isOpenToAll: Bool { visibility == .public && gate == nil }
}
