import HubChunks
package import HubCore
package import HubDatabase
import HubGit
import HubTensors

/// Merges on the server: text by git, weights tensor by tensor, the result a commit with two parents.
package struct MergeService: Sendable {
    let access: Access
    let git: GitStore
    let content: ContentStore
    let revisions: RevisionService
    let pushes: PushService
    let repositories: RepositoryService
    let now: Now

    /// The two sides and what they have in common.
    struct Sides: Sendable {
        let target: RepositoryRecord
        let source: RepositoryRecord
        let branch: RefName
        let base: CommitID?
        let ours: CommitID
        let theirs: CommitID
    }

    /// What becomes true together with a merge, written in its transaction.
    package typealias Companion = @Sendable (_ merge: CommitID, _ connection: any SQLConnection) throws -> Void

    /// Merges, and publishes the result unless there are conflicts or the order is a dry run.
    package func merge(
        _ order: MergeOrder,
        by caller: Caller,
        with companion: Companion? = nil
    ) async throws -> MergeOutcome {
        let rules = MergeRules(try MergeStrategy(parsing: order.strategy ?? "conflict"))
        let (target, source) = try await repositories(of: order, for: caller)
        let sides = try await sides(order, target, source)
        if sides.base == sides.theirs { return outcome(.upToDate, of: sides, commit: sides.ours) }
        if sides.base == sides.ours, order.fastForwards {
            return try await fastForward(sides, order, by: caller, with: companion)
        }
        guard !order.fastForwardOnly else { throw try await goneTwoWays(sides) }
        guard sides.base != nil else {
            throw HubError.invalid("\(order.source) \(order.revision) and \(order.target) have no history in common")
        }
        return try await mergeThreeWay(sides, order, rules, by: caller, with: companion)
    }

    private func repositories(
        of order: MergeOrder,
        for caller: Caller
    ) async throws -> (target: RepositoryRecord, source: RepositoryRecord) {
        let target = try await access.repository(
            order.target, for: caller, as: order.dryRun ? .read : .contribute)
        let source = try await access.current(order.source, for: caller)
        // What is merged can be read by whoever reads the target: that is for those to decide who write the source.
        if source.rowID != target.rowID, !order.dryRun, !source.isOpenToAll, target.isOpenToAll {
            _ = try await access.repository(source.id, for: caller, as: .write)
        }
        return (target, source)
    }

    /// What a merge by the rule `conflict` would come to; nobody's rights are asked.
    func foresee(
        _ theirs: CommitID,
        into ours: CommitID,
        of branch: RefName,
        in record: RepositoryRecord
    ) async throws -> (merge: TreeMerge, outcome: MergeOutcome) {
        let base = try await git.read(record.rowID) { git in try git.mergeBase(ours, theirs) }
        let sides = Sides(target: record, source: record, branch: branch, base: base, ours: ours, theirs: theirs)
        let files = try await git.read(record.rowID) { git in
            try git.mergeTrees(base: base, ours: ours, theirs: theirs)
        }
        return (files, try await plan(sides, MergeRules(), files).outcome)
    }

    /// Brings a fork up to date with the branch of the same name of its upstream; one the fork does not have is made.
    ///
    /// - Parameter fastForwardOnly: Whether to throw ``HubError/conflict(_:)`` instead of merging when both went on.
    package func sync(
        _ id: RepositoryID,
        branch: String?,
        strategy: String?,
        dryRun: Bool,
        fastForwardOnly: Bool = false,
        by caller: Caller
    ) async throws -> MergeOutcome {
        let record = try await access.repository(id, for: caller, as: dryRun ? .read : .contribute)
        guard let upstream = try await repositories.upstream(of: record, for: caller) else {
            throw HubError.invalid("\(id) is not a fork, or its upstream is gone; there is nothing to sync with")
        }
        let standard = try await revisions.defaultBranch(of: record)
        let name = branch ?? standard.short
        let ref = try RefName(branch: name)
        // By its whole name: a tag, or the beginning of a commit's id, is no branch.
        let order = MergeOrder(
            into: id, branch: name, from: upstream, revision: ref.name, strategy: strategy,
            message: "Sync \(name) with \(upstream)", dryRun: dryRun, fastForwardOnly: fastForwardOnly)
        let (target, source) = try await repositories(of: order, for: caller)
        guard let theirs = try await git.read(source.rowID, { git in try git.ref(ref) })?.commit else {
            throw HubError.revisionNotFound("\(source.id) has no branch '\(name)' to sync \(target.id) with")
        }
        guard try await git.read(target.rowID, { git in try git.ref(ref) }) != nil else {
            return try await adopt(theirs, of: source, as: ref, in: target, dryRun: dryRun, by: caller)
        }
        return try await merge(order, by: caller)
    }

    /// Makes a branch of the upstream one of the fork; no object moves.
    private func adopt(
        _ theirs: CommitID,
        of source: RepositoryRecord,
        as ref: RefName,
        in target: RepositoryRecord,
        dryRun: Bool,
        by caller: Caller
    ) async throws -> MergeOutcome {
        if !dryRun {
            let push = Push(
                to: target, by: caller, updates: [.init(ref, from: nil, to: theirs)], sources: [source.rowID],
                via: "merge"
            ) { connection in try Self.require(source, openTo: target, for: caller, in: connection) }
            try await pushes.publish(push)
        }
        return MergeOutcome(
            kind: dryRun ? .wouldMerge : .fastForward, commit: dryRun ? nil : theirs, base: nil,
            ours: theirs, theirs: theirs)
    }

    private func goneTwoWays(_ sides: Sides) async throws -> HubError {
        let (limit, ours, theirs) = (1000, sides.ours, sides.theirs)
        let counts = try await git.read(sides.target.rowID) { git in
            (
                try git.commits(from: ours, hiding: [theirs], limit: limit).count,
                try git.commits(from: theirs, hiding: [ours], limit: limit).count
            )
        }
        func words(_ count: Int) -> String {
            count == 1 ? "1 commit" : count == limit ? "\(limit) commits or more" : "\(count) commits"
        }
        return .conflict(
            "'\(sides.branch.short)' has gone two ways: \(words(counts.0)) only in \(sides.target.id), "
                + "\(words(counts.1)) only in \(sides.source.id). Merge on the hub with 'hubctl sync', or in a working "
                + "copy with 'hubctl merge \(sides.branch.short) --from \(sides.source.id)'")
    }

    private func sides(
        _ order: MergeOrder,
        _ target: RepositoryRecord,
        _ source: RepositoryRecord
    ) async throws -> Sides {
        let standard = try await revisions.defaultBranch(of: target)
        let branch = try order.branch.map { try RefName(branch: $0) } ?? standard
        guard let ours = try await revisions.refs(of: target).first(where: { $0.0 == branch })?.1 else {
            throw HubError.revisionNotFound("\(target.id) has no branch '\(branch.short)'")
        }
        let theirs = try await revisions.require(order.revision, in: source)
        let base = try await git.read(target.rowID) { git in try git.mergeBase(ours, theirs) }
        return Sides(target: target, source: source, branch: branch, base: base, ours: ours, theirs: theirs)
    }

    private func fastForward(
        _ sides: Sides,
        _ order: MergeOrder,
        by caller: Caller,
        with companion: Companion?
    ) async throws -> MergeOutcome {
        guard !order.dryRun else { return outcome(.wouldMerge, of: sides, commit: nil) }
        try await publish(sides.theirs, sides, by: caller, with: companion)
        return outcome(.fastForward, of: sides, commit: sides.theirs)
    }

    private func mergeThreeWay(
        _ sides: Sides,
        _ order: MergeOrder,
        _ rules: MergeRules,
        by caller: Caller,
        with companion: Companion?
    ) async throws -> MergeOutcome {
        let files = try await git.read(sides.target.rowID) { git in
            try git.mergeTrees(base: sides.base, ours: sides.ours, theirs: sides.theirs)
        }
        let (weights, resolutions, outcome) = try await plan(sides, rules, files)
        guard outcome.conflicts.isEmpty else { return outcome }
        guard !order.dryRun else { return outcome.with(.wouldMerge, commit: nil) }

        let lease = Lease(uploader: caller.user?.id ?? -1, scope: sides.target.rowID)
        let changes = try await weights.write(into: content, lease: lease)
        let author = Signature(
            name: caller.user?.name ?? "hub", email: "\(caller.user?.name ?? "hub")@users.noreply.hub",
            seconds: now.seconds)
        let message = message(for: order, sides, rules, settlesTensors: !weights.decisions.isEmpty)
        let commit = try await git.write(sides.target.rowID) { git in
            try git.commit(
                weights.takingOver(files), resolving: resolutions, adding: changes, author: author, message: message)
        }
        try await publish(commit, sides, by: caller, with: companion)
        return outcome.with(.merged, commit: commit)
    }

    private func plan(
        _ sides: Sides,
        _ rules: MergeRules,
        _ files: TreeMerge
    ) async throws -> (weights: WeightsMerge, resolutions: [String: MergeResolution], outcome: MergeOutcome) {
        let weights = try await WeightsMerge(sides, rules: rules, revisions: revisions, git: git)
        let resolutions = weights.resolutions(of: files)
        var outcome = outcome(.conflicts, of: sides, commit: nil)
        outcome.decisions = weights.decisions
        outcome.conflicts = weights.conflicts + weights.openConflicts(of: files, resolved: resolutions)
        return (weights, resolutions, outcome)
    }

    private func publish(
        _ commit: CommitID,
        _ sides: Sides,
        by caller: Caller,
        with companion: Companion?
    ) async throws {
        let push = Push(
            to: sides.target, by: caller, updates: [.init(sides.branch, from: sides.ours, to: commit)],
            sources: [sides.source.rowID], via: "merge"
        ) { connection in
            try companion?(commit, connection)
            try Self.require(sides.source, openTo: sides.target, for: caller, in: connection)
        }
        try await pushes.publish(push)
    }

    /// Asked in the transaction that publishes: what is merged may have been withdrawn since it was read.
    private static func require(
        _ source: RepositoryRecord,
        openTo target: RepositoryRecord,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws {
        guard source.rowID != target.rowID else { return }
        guard let source = try RepositoryRecord.find(rowID: source.rowID, in: connection),
            let target = try RepositoryRecord.find(rowID: target.rowID, in: connection)
        else { throw HubError.repositoryNotFound("there is no \(source.id.kind.rawValue) repository \(source.id)") }
        let role: Role = target.isOpenToAll && !source.isOpenToAll ? .write : .read
        _ = try Access.repository(source.id, for: caller, as: role, in: connection)
    }

    /// The message, with a trailer that says how to come to the same result again.
    private func message(
        for order: MergeOrder,
        _ sides: Sides,
        _ rules: MergeRules,
        settlesTensors: Bool
    ) -> String {
        let from = order.source == order.target ? order.revision : "\(order.source) \(order.revision)"
        let title = order.message ?? "Merge \(from) into \(sides.branch.short)"
        let trailer = settlesTensors ? "\nHub-Merge: strategy=\(rules)\n" : ""
        return "\(title)\n\(trailer)"
    }

    private func outcome(_ kind: MergeOutcome.Kind, of sides: Sides, commit: CommitID?) -> MergeOutcome {
        MergeOutcome(kind: kind, commit: commit, base: sides.base, ours: sides.ours, theirs: sides.theirs)
    }
}

extension MergeOutcome {
    fileprivate func with(_ kind: Kind, commit: CommitID?) -> MergeOutcome {
        MergeOutcome(
            kind: kind, commit: commit, base: base, ours: ours, theirs: theirs, decisions: decisions,
            conflicts: conflicts)
    }
}
