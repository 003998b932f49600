import HubAPI
import HubClient
import HubCore
import HubGit
import HubTensors

/// Merging in the working copy: beginning, going on after conflicts, giving up.
struct MergeFlow: Sendable {
    let workspace: Workspace

    /// The repository the other side is in, when it is another than the working copy's own.
    let source: RepositoryID?

    init(_ workspace: Workspace, from source: RepositoryID? = nil) {
        self.workspace = workspace
        self.source = source == workspace.repository ? nil : source
    }

    /// The commit that `revision` names: here, on the hub, or in the other repository.
    func find(_ revision: String) throws -> CommitID {
        let copy = try workspace.open()
        if let source {
            let folder = source.path
            try copy.fetch(url: workspace.session.gitURL(of: source), into: folder, workspace.credentials)
            for kind in ["heads", "tags"] {
                if let commit = try copy.commit(at: "refs/hub/\(folder)/\(kind)/\(revision)") { return commit }
            }
            // Of another repository, nothing but a commit's id may be meant: a branch here is not one there.
            guard revision.count >= 7, revision.allSatisfy(\.isHexDigit) else {
                throw HubError.revisionNotFound("\(source) has no branch or tag '\(revision)'")
            }
            return try copy.resolve(revision)
        }
        if let commit = try? copy.resolve(revision) { return commit }
        try copy.fetch(Workspace.remote, workspace.credentials)
        if let commit = try copy.commit(at: "refs/remotes/\(Workspace.remote)/\(revision)") { return commit }
        return try copy.resolve(revision)
    }

    /// Merges `theirs` into the current branch, or only says what that would come to.
    ///
    /// With conflicts the merge stays open, and ``resume(_:)`` or ``abort()`` ends it.
    func merge(
        _ theirs: CommitID, named name: String, rules: MergeRules, message: String?, dryRun: Bool
    ) async throws -> MergeResultBody {
        let (branch, ours, base) = try position(towards: theirs, dryRun: dryRun)
        guard let ours else {
            if !dryRun { try await forward(to: theirs) }
            return quick(dryRun ? .wouldMerge : .fastForward, base: nil, ours: theirs, theirs)
        }
        if base == theirs { return quick(.upToDate, base: base, ours: ours, theirs, at: ours) }
        if base == ours {
            if !dryRun { try await forward(to: theirs) }
            return quick(dryRun ? .wouldMerge : .fastForward, base: base, ours: ours, theirs, at: theirs)
        }
        guard let base else { throw HubError.invalid("'\(name)' and \(branch) have no history in common") }
        let sides = LocalMerge.Sides(base: base, ours: ours, theirs: theirs)
        let merge = try await plan(sides, rules)
        if dryRun { return merge.result(.wouldMerge) }
        let from = source.map { "\($0) \(name)" } ?? name
        return try await carryOut(merge, named: name, message: message ?? "Merge \(from) into \(branch)")
    }

    /// Ends a merge whose conflicts are settled; with `rules`, tensors still in conflict are settled by them.
    func resume(_ rules: MergeRules?) async throws -> MergeResultBody {
        let (sides, state) = try stateOfMerge()
        var trailer = state.trailer
        if let rules {
            let merge = try await MergeFlow(
                workspace, from: try state.source.map { try RepositoryID(.model, parsing: $0) }
            )
            .plan(sides, rules)
            try await merge.settle()
            trailer = merge.trailer
        } else if !state.tensors.isEmpty {
            trailer = "Hub-Merge: strategy=manual"
        }
        try requireSettled(state)
        let commit = try commit(state.message(settledBy: trailer), try await workspace.author())
        try await workspace.download(at: sides.theirs, from: source)
        return MergeResultBody(
            outcome: .merged, commit: commit.hex, base: sides.base.hex, ours: sides.ours.hex, theirs: sides.theirs.hex)
    }

    /// Gives the merge up: the folder is as the last commit has it.
    func abort() throws {
        let copy = try workspace.open()
        try copy.abortMerge()
        MergeState.remove(from: copy)
    }

    // MARK: Steps

    private func position(
        towards theirs: CommitID, dryRun: Bool
    ) throws -> (branch: String, ours: CommitID?, base: CommitID?) {
        let copy = try workspace.open()
        guard try copy.mergeHeads().isEmpty else {
            throw HubError.conflict(
                "a merge is in progress; finish it with 'hubctl merge --continue' or undo it with 'hubctl merge --abort'"
            )
        }
        if !dryRun { try copy.requireClean(before: "merging") }
        let head = try copy.head()
        guard let ours = head.commit else { return (head.branch?.short ?? "HEAD", nil, nil) }
        return (head.branch?.short ?? "HEAD", ours, try copy.mergeBase(ours, theirs))
    }

    private func plan(_ sides: LocalMerge.Sides, _ rules: MergeRules) async throws -> LocalMerge {
        try await LocalMerge(sides, in: workspace.path, rules: rules) { pointers, commit in
            try await workspace.fetch(pointers, at: commit, from: commit == sides.theirs ? source : nil)
        }
    }

    private func forward(to commit: CommitID) async throws {
        try move(to: commit)
        try await workspace.download(at: commit, from: source)
    }

    private func move(to commit: CommitID) throws {
        let copy = try workspace.open()
        if try copy.head().commit == nil {
            _ = try copy.reset(to: commit)
        } else {
            _ = try copy.fastForward(to: commit)
        }
    }

    private func carryOut(_ merge: LocalMerge, named name: String, message: String) async throws -> MergeResultBody {
        let result = merge.result(.merged)
        let tensors = Dictionary(grouping: result.conflicts.filter { $0.tensor != nil }, by: \.path)
            .mapValues { $0.compactMap(\.tensor) }
        let state = MergeState(
            message: message, trailer: merge.trailer, source: source?.path, tensors: tensors)
        try await merge.begin(named: name, message: state.message())
        guard merge.isClean else {
            try state.save(in: workspace.open())
            try await workspace.download(at: merge.sides.theirs, from: source)
            return result
        }
        let commit = try commit(state.message(), try await workspace.author())
        try await workspace.download(at: merge.sides.theirs, from: source)
        return merge.result(.merged, commit: commit)
    }

    private func commit(_ message: String, _ author: CommitAuthor) throws -> CommitID {
        let copy = try workspace.open()
        let commit = try copy.commit(message, author: author)
        MergeState.remove(from: copy)
        return commit
    }

    private func stateOfMerge() throws -> (LocalMerge.Sides, MergeState) {
        let copy = try workspace.open()
        guard let theirs = try copy.mergeHeads().first, let ours = try copy.head().commit else {
            throw HubError.invalid("no merge is in progress")
        }
        let state =
            try MergeState.load(from: copy)
            ?? MergeState(message: "Merge \(theirs.hex.prefix(10))", trailer: nil, source: nil, tensors: [:])
        return (LocalMerge.Sides(base: try copy.mergeBase(ours, theirs) ?? ours, ours: ours, theirs: theirs), state)
    }

    private func requireSettled(_ state: MergeState) throws {
        let open = try workspace.open().openConflicts()
        guard !open.isEmpty else { return }
        let lines = open.map { conflict in
            let tensors = state.tensors.filter { conflict.path.hasPrefix($0.key) }.flatMap(\.value)
            return tensors.isEmpty
                ? "  \(conflict.path): edit it, then 'hubctl add \(conflict.path)'"
                : "  \(conflict.path): \(tensors.count) tensors; choose with 'hubctl merge --continue -s average', "
                    + "or put a file of your own there and 'hubctl add' it"
        }
        throw HubError.conflict("still in conflict:\n\(lines.joined(separator: "\n"))")
    }

    private func quick(
        _ outcome: MergeResultBody.Outcome, base: CommitID?, ours: CommitID, _ theirs: CommitID,
        at commit: CommitID? = nil
    ) -> MergeResultBody {
        MergeResultBody(outcome: outcome, commit: commit?.hex, base: base?.hex, ours: ours.hex, theirs: theirs.hex)
    }
}
