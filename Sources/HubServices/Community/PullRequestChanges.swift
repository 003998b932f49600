package import HubCore
import HubGit
import HubTensors

/// What a pull request would change, whether that can be merged, and what validation says about it.
package struct PullRequestChanges: Sendable {
    let git: GitStore
    let revisions: RevisionService
    let merges: MergeService
    let comparisons: CompareService
    let validation: ValidationService
    private let memory = PullRequestMemory()

    /// Bytes of weights that are opened to find out more than git knows: both sides of what changed.
    private static let weightsBudget = 512 << 20

    /// The most bytes of a diff.
    private static let diffLimit = 1 << 20

    init(
        git: GitStore,
        revisions: RevisionService,
        merges: MergeService,
        comparisons: CompareService,
        validation: ValidationService
    ) {
        self.git = git
        self.revisions = revisions
        self.merges = merges
        self.comparisons = comparisons
        self.validation = validation
    }

    /// The two ends of what is proposed.
    package struct Ends: Sendable, Hashable {
        /// What branch and pull request have in common; of a merged one, what they had before.
        package let base: CommitID?
        package let head: CommitID

        /// Where the target branch stands; nil if it is gone.
        let target: CommitID?
    }

    /// What a pull request compares; nil when its commits are gone.
    package func ends(of discussion: Discussion, in record: RepositoryRecord) async throws -> Ends? {
        try await git.read(record.rowID) { git in
            if let merge = discussion.merge {
                return try git.keeps(merge.head)
                    ? Ends(base: merge.base, head: merge.head, target: merge.commit) : nil
            }
            guard let head = try git.ref(discussion.ref)?.commit else { return nil }
            let target = try discussion.base.flatMap { try git.ref($0)?.commit }
            return Ends(base: try target.flatMap { try common($0, head, git: git) }, head: head, target: target)
        }
    }

    /// What two commits have in common.
    private func common(_ target: CommitID, _ head: CommitID, git: borrowing GitRepository) throws -> CommitID? {
        if let known = memory.common(target, head) { return known }
        let base = try git.mergeBase(target, head)
        if let base { memory.keep(common: base, target, head) }
        return base
    }

    func proposesAnything(
        _ discussion: Discussion,
        at head: CommitID,
        in record: RepositoryRecord
    ) async throws -> Bool {
        try await git.read(record.rowID) { git in
            guard let target = try discussion.base.flatMap({ try git.ref($0)?.commit }) else { return true }
            return try !git.isAncestor(head, of: target)
        }
    }

    // MARK: Checks

    /// What validation says about the head of a pull request.
    package struct Checks: Sendable {
        /// Nil if nobody asked for a validation.
        package let state: ValidationReport.State?
        package let verdict: ValidationReport.Verdict?

        /// Whether the pull request may be merged, as far as validation is concerned.
        package let allowMerge: Bool

        /// Says so, without a full stop.
        package let sentence: String

        /// The same for those who may not read the files.
        package var withoutDetails: Checks {
            let word = verdict?.rawValue ?? state?.rawValue ?? "not asked for"
            return Checks(state: state, verdict: verdict, allowMerge: allowMerge, sentence: "validation: \(word)")
        }
    }

    package func checks(
        at head: CommitID,
        in record: RepositoryRecord,
        waiting patience: Int = 0
    ) async throws -> Checks {
        do {
            let report = try await validation.report(at: head, in: record, waiting: patience)
            return Checks(report)
        } catch HubError.notFound {
            return Checks(
                state: nil, verdict: nil, allowMerge: false,
                sentence: "there is no validation of \(head.hex.prefix(10))")
        }
    }

    // MARK: Conflicts

    /// Files that both sides changed in ways that do not go together, by the merge that would be made.
    ///
    /// Weights that are too large to be opened for this are conflicts if git says so.
    package func conflicts(of ends: Ends, base: RefName, in record: RepositoryRecord) async throws -> [String] {
        guard let target = ends.target, let common = ends.base, common != ends.head, common != target else { return [] }
        if let known = memory.conflicts(target, ends.head) { return known }
        let paths = try await conflicts(common, target, ends.head, of: base, in: record)
        memory.keep(conflicts: paths, target, ends.head)
        return paths
    }

    private func conflicts(
        _ common: CommitID,
        _ target: CommitID,
        _ head: CommitID,
        of base: RefName,
        in record: RepositoryRecord
    ) async throws -> [String] {
        let files = try await git.read(record.rowID) { git in
            try git.mergeTrees(base: common, ours: target, theirs: head).conflicts
        }
        guard !files.isEmpty else { return [] }
        let weights = files.filter { Self.isWeights($0.path) }
        guard !weights.isEmpty, try await mayOpen(common, head, common, target, in: record) else {
            return files.map(\.path).sorted()
        }
        let (_, outcome) = try await merges.foresee(head, into: target, of: base, in: record)
        guard outcome.conflicts.contains(where: { $0.tensor != nil }) else {
            return Array(Set(outcome.conflicts.map(\.path))).sorted()
        }
        return files.map(\.path).sorted()
    }

    // MARK: Diff

    /// What changes, for people: tensor by tensor for weights, then git's own patch.
    package func diff(of ends: Ends, in record: RepositoryRecord) async throws -> String {
        guard let base = ends.base else { return "" }
        guard base != ends.head else { return "" }
        if let known = memory.diff(base, ends.head) { return known }
        let patch = try await git.read(record.rowID) { git in
            try git.patch(from: base, to: ends.head, limit: Self.diffLimit)
        }
        var text = try await weightsSummary(base, ends.head, in: record) + patch.text
        if !patch.omitted.isEmpty {
            let names = patch.omitted.prefix(100).map { "  \($0)\n" }.joined()
            text += "\nNot shown, because the diff is too long:\n\(names)"
        }
        memory.keep(diff: text, base, ends.head)
        return text
    }

    private func weightsSummary(
        _ base: CommitID,
        _ head: CommitID,
        in record: RepositoryRecord
    ) async throws -> String {
        let changed = try await git.read(record.rowID) { git in Set(try git.diffTrees(base, head).map(\.path)) }
        let measures = try await mayOpen(base, head, in: record)
        let changes = try await comparisons.tensorChanges(
            base, head, touching: changed, in: record, measuring: measures)
        return WeightsSummary(changes).text
    }

    private func mayOpen(_ commits: CommitID..., in record: RepositoryRecord) async throws -> Bool {
        var bytes = 0
        for place in stride(from: 0, to: commits.count - 1, by: 2) {
            let (old, new) = (commits[place], commits[place + 1])
            bytes += try await git.read(record.rowID) { git in
                try git.diffTrees(old, new).filter { Self.isWeights($0.path) }.flatMap { change in
                    try [change.old, change.new].compactMap { try $0.map { try RevisionEntry($0, git: git).size } }
                }.reduce(0, +)
            }
        }
        return bytes <= Self.weightsBudget
    }

    private static func isWeights(_ path: String) -> Bool {
        CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path)
    }
}

extension PullRequestChanges.Checks {
    fileprivate init(_ report: ValidationReport) {
        let name = report.commit.prefix(10)
        let failure = report.findings.first { $0.severity == .error }.map { " (\($0.path): \($0.message))" } ?? ""
        let (allowMerge, sentence) =
            switch (report.state, report.verdict) {
            case (.queued, _): (false, "its validation waits for its turn")
            case (.running, _): (false, "its validation is still running")
            case (.done, .passed?): (true, "the validation of \(name) passed")
            case (.done, .warned?): (true, "the validation of \(name) passed with warnings")
            case (.done, .failed?), (.done, nil): (false, "the validation of \(name) failed\(failure)")
            }
        self.init(state: report.state, verdict: report.verdict, allowMerge: allowMerge, sentence: sentence)
    }
}
