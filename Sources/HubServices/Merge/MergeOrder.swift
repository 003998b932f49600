package import HubCore
import HubTensors

/// A wish to merge one revision into a branch.
package struct MergeOrder: Sendable {
    /// The repository whose branch is to move.
    package let target: RepositoryID

    /// Nil is the default branch.
    package let branch: String?

    /// Where the other side is; may be the target itself.
    package let source: RepositoryID
    package let revision: String

    /// How tensors that both sides changed are settled, as `-s` takes it; nil is `conflict`.
    package let strategy: String?
    package let message: String?
    package let dryRun: Bool

    /// Whether a branch that has nothing of its own may simply be moved; otherwise there is always a merge commit.
    package let fastForwards: Bool

    /// Whether to throw ``HubError/conflict(_:)`` instead of merging when both went on.
    package let fastForwardOnly: Bool

    package init(
        into target: RepositoryID,
        branch: String?,
        from source: RepositoryID,
        revision: String,
        strategy: String?,
        message: String?,
        dryRun: Bool,
        fastForwards: Bool = true,
        fastForwardOnly: Bool = false
    ) {
        self.target = target
        self.branch = branch
        self.source = source
        self.revision = revision
        self.strategy = strategy
        self.message = message
        self.dryRun = dryRun
        self.fastForwards = fastForwards
        self.fastForwardOnly = fastForwardOnly
    }
}

/// What became of a merge.
package struct MergeOutcome: Sendable {
    package enum Kind: Sendable {
        case upToDate
        case fastForward
        case merged
        case conflicts
        /// A dry run without conflicts.
        case wouldMerge
    }

    package struct Conflict: Sendable {
        package let path: String
        package let tensor: String?
        package let reason: String
    }

    /// What becomes of one tensor.
    package struct Decision: Sendable {
        /// The checkpoint: its path without shard number and extension.
        package let checkpoint: String
        package let tensor: String

        /// `ours`, `theirs`, `sum`, `deleted`, `conflict`.
        package let outcome: String

        /// How the two movements away from the base relate; only where both sides changed the tensor.
        package let cosine: Double?
        package let contestedMass: Double?
        package let overlap: Double?

        init(_ decision: MergeDecision, of checkpoint: String) {
            self.checkpoint = checkpoint
            tensor = decision.name
            outcome = decision.outcomeWord
            cosine = decision.movement?.cosine
            contestedMass = decision.movement?.contestedMass
            overlap = decision.movement?.overlap
        }
    }

    package let kind: Kind

    /// Where the branch stands afterwards; nil when nothing was published.
    package let commit: CommitID?
    package let base: CommitID?
    package let ours: CommitID
    package let theirs: CommitID

    /// Every tensor that is not the same on all three sides.
    package var decisions: [Decision] = []
    package var conflicts: [Conflict] = []
}
