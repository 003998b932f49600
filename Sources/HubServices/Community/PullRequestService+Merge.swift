package import HubCore
import HubDatabase
import HubGit

extension PullRequestService {
    /// What a merge is asked to do.
    package struct MergeWish: Sendable {
        /// Said in the discussion, if anything.
        package let comment: String?

        /// How tensors that both sides changed are settled; nil leaves them as conflicts.
        package let strategy: String?

        /// Merges whatever validation says; only for who administers the repository.
        package let force: Bool

        package init(comment: String? = nil, strategy: String? = nil, force: Bool = false) {
            self.comment = comment
            self.strategy = strategy
            self.force = force
        }
    }

    /// What became of a merge.
    package struct MergeResult: Sendable {
        package let discussion: Discussion

        /// With conflicts, nothing was merged.
        package let outcome: MergeOutcome
    }

    /// Seconds for which a merge waits for the report on the pull request.
    private static let patience = 8

    /// How often a merge is begun anew because a branch moved.
    private static let mergeAttempts = 3

    /// Merges a pull request into its branch, weights included, if its validation allows it.
    ///
    /// There is always a merge commit, unless there is nothing to merge. A branch that moves meanwhile begins the merge
    /// anew.
    package func merge(
        _ number: Int,
        of id: RepositoryID,
        _ wish: MergeWish,
        by caller: Caller
    ) async throws -> MergeResult {
        let comment = try wish.comment.map { try DiscussionText.comment($0) }
        let record = try await access.repository(id, for: caller, as: wish.force ? .admin : .write)
        var attempt = 1
        while true {
            let discussion = try await find(number, in: record)
            let (base, head) = try await mergeable(discussion, in: record)
            if !wish.force { try await requireChecks(of: discussion, at: head, in: record) }
            do {
                return try await merge(
                    discussion, head, into: base, wish, saying: comment, in: record, by: caller)
            } catch HubError.conflict(let sentence) {
                guard attempt < Self.mergeAttempts else { throw HubError.conflict(sentence) }
                attempt += 1
            }
        }
    }

    private func mergeable(_ discussion: Discussion, in record: RepositoryRecord) async throws -> (RefName, CommitID) {
        let name = "pull request \(discussion.number)"
        guard discussion.isPullRequest, let base = discussion.base else {
            throw HubError.invalid("discussion \(discussion.number) of \(record.id) is no pull request")
        }
        switch discussion.status {
        case .open: break
        case .draft: throw HubError.conflict("\(name) is a draft; open it before it is merged")
        case .closed: throw HubError.conflict("\(name) is closed; open it again before it is merged")
        case .merged: throw HubError.conflict("\(name) is merged already")
        }
        guard let head = try await head(of: discussion.ref, in: record) else {
            throw HubError.conflict("\(name) has no commits any more")
        }
        return (base, head)
    }

    private func requireChecks(
        of discussion: Discussion,
        at head: CommitID,
        in record: RepositoryRecord
    ) async throws {
        guard try await changes.proposesAnything(discussion, at: head, in: record) else { return }
        let checks = try await changes.checks(at: head, in: record, waiting: Self.patience)
        guard checks.allowMerge else {
            throw HubError.conflict(
                "pull request \(discussion.number) cannot be merged: \(checks.sentence). "
                    + "Who administers \(record.id) may merge it all the same, with \"force\": true")
        }
    }

    private func merge(
        _ discussion: Discussion,
        _ head: CommitID,
        into base: RefName,
        _ wish: MergeWish,
        saying comment: String?,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws -> MergeResult {
        let order = MergeOrder(
            into: record.id, branch: base.short, from: record.id, revision: head.hex, strategy: wish.strategy,
            message: "\(discussion.title) (#\(discussion.number))", dryRun: false, fastForwards: false)
        let common = try await git.read(record.rowID) { git in
            try git.ref(base).flatMap { try git.mergeBase($0.commit, head) }
        }
        let end = MergeEnd(
            number: discussion.number, base: common, head: head, comment: comment, repository: record, caller: caller,
            instant: now.seconds)
        let outcome = try await merges.merge(order, by: caller) { commit, connection in
            try end.record(commit, in: connection)
        }
        if outcome.kind == .upToDate {
            try await database.write { connection in try end.record(outcome.ours, in: connection) }
        }
        return MergeResult(discussion: try await find(discussion.number, in: record), outcome: outcome)
    }
}

/// What is written about a merge, in the transaction that makes it.
private struct MergeEnd: Sendable {
    let number: Int

    /// What the branch and the pull request had in common.
    let base: CommitID?
    let head: CommitID
    let comment: String?
    let repository: RepositoryRecord
    let caller: Caller
    let instant: Int64

    func record(_ commit: CommitID, in connection: any SQLConnection) throws {
        let discussion = try Discussion.require(number, of: repository, in: connection)
        let stand = try GitRepository(connection, repository: repository.rowID).ref(discussion.ref)?.commit
        guard discussion.status == .open, stand == head else {
            throw HubError.conflict("pull request \(number) has changed meanwhile")
        }
        _ = try Access.repository(repository.id, for: caller, as: .write, in: connection)
        let log = DiscussionLog(repository: repository, caller: caller, instant: instant, connection: connection)
        if let comment { _ = try log.comment(comment, on: discussion) }
        _ = try log.setStatus(.merged, of: discussion)
        try discussion.setMerge(Discussion.Merge(base: base, head: head, commit: commit), connection)
        let merged = try Discussion.require(number, of: repository, in: connection)
        try log.tell("pull-request-merged", merged, more: ["commit": commit.hex, "ref": discussion.base?.name ?? ""])
    }
}
