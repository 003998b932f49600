/// Body of `POST /api/models/OWNER/NAME/merge` and, without `source`, of `…/sync`.
package struct MergeBody: Codable, Sendable {
    /// The revision to merge: a branch, tag or commit of `sourceRepository`.
    package var source: String?

    /// `owner/name`, when it is another repository than the one merged into; its history must be related.
    package var sourceRepository: String?

    /// The branch to merge into; null is the default branch.
    package var target: String?

    /// `conflict` (default), `ours`, `theirs`, `sum` or `average`.
    package var strategy: String?
    package var message: String?

    /// Plan only; nothing is published.
    package var dryRun: Bool?

    /// Of a sync: 409 instead of a merge when both have gone on.
    package var fastForwardOnly: Bool?

    package init(
        source: String? = nil, sourceRepository: String? = nil, target: String? = nil, strategy: String? = nil,
        message: String? = nil, dryRun: Bool? = nil, fastForwardOnly: Bool? = nil
    ) {
        self.source = source
        self.sourceRepository = sourceRepository
        self.target = target
        self.strategy = strategy
        self.message = message
        self.dryRun = dryRun
        self.fastForwardOnly = fastForwardOnly
    }
}

/// Answer of a merge or a sync.
package struct MergeResultBody: Codable, Sendable {
    package enum Outcome: String, Codable, Sendable, CaseIterable {
        case upToDate = "up-to-date"
        case fastForward = "fast-forward"
        case merged
        /// Nothing was published; `conflicts` says why.
        case conflicts
        /// A dry run that would merge cleanly.
        case wouldMerge = "would-merge"
    }

    package var outcome: Outcome

    /// The commit the target branch stands at afterwards.
    package var commit: String?
    package var base: String?
    package var ours: String
    package var theirs: String
    package var tensors: [TensorDecisionBody]
    package var conflicts: [MergeConflictBody]

    package init(
        outcome: Outcome, commit: String?, base: String?, ours: String, theirs: String,
        tensors: [TensorDecisionBody] = [], conflicts: [MergeConflictBody] = []
    ) {
        self.outcome = outcome
        self.commit = commit
        self.base = base
        self.ours = ours
        self.theirs = theirs
        self.tensors = tensors
        self.conflicts = conflicts
    }
}

/// What the merge does with one tensor that is not the same on all three sides.
package struct TensorDecisionBody: Codable, Sendable {
    package var file: String
    package var tensor: String

    /// `ours`, `theirs`, `both-same`, `sum`, `average`, `added-ours`, `added-theirs`, `deleted`, `conflict`.
    package var decision: String

    /// How the two movements away from the base relate; only where both sides changed the tensor.
    package var cosine: Double?
    package var contestedMass: Double?
    package var overlap: Double?

    package init(
        file: String, tensor: String, decision: String, cosine: Double? = nil, contestedMass: Double? = nil,
        overlap: Double? = nil
    ) {
        self.file = file
        self.tensor = tensor
        self.decision = decision
        self.cosine = cosine
        self.contestedMass = contestedMass
        self.overlap = overlap
    }
}

package struct MergeConflictBody: Codable, Sendable {
    package var path: String
    package var tensor: String?

    /// One sentence: what each side did, and what to do.
    package var reason: String

    package init(path: String, tensor: String? = nil, reason: String) {
        self.path = path
        self.tensor = tensor
        self.reason = reason
    }
}

/// Answer of `GET /api/models/OWNER/NAME/compare/A..B`.
package struct CompareBody: Codable, Sendable {
    package struct File: Codable, Sendable {
        package var path: String
        /// `added`, `removed` or `changed`.
        package var change: String
        package var oldSize: Int?
        package var newSize: Int?

        package init(path: String, change: String, oldSize: Int?, newSize: Int?) {
            self.path = path
            self.change = change
            self.oldSize = oldSize
            self.newSize = newSize
        }
    }

    package var base: String
    package var head: String
    package var files: [File]
    package var tensors: [TensorChangeBody]

    package init(base: String, head: String, files: [File], tensors: [TensorChangeBody]) {
        self.base = base
        self.head = head
        self.files = files
        self.tensors = tensors
    }
}

/// How one tensor differs between two revisions.
package struct TensorChangeBody: Codable, Sendable {
    package var file: String
    package var tensor: String
    /// `added`, `removed`, `changed`, `reshaped` or `dtype-changed`.
    package var change: String
    package var dtype: String
    package var shape: [Int]

    /// Frobenius norm of the difference, and that divided by the norm of the old tensor.
    package var l2: Double?
    package var relativeL2: Double?

    /// Cosine of the angle between the old and the new tensor.
    package var cosine: Double?

    /// Number of elements that differ.
    package var changedElements: Int?

    package init(
        file: String, tensor: String, change: String, dtype: String, shape: [Int], l2: Double? = nil,
        relativeL2: Double? = nil, cosine: Double? = nil, changedElements: Int? = nil
    ) {
        self.file = file
        self.tensor = tensor
        self.change = change
        self.dtype = dtype
        self.shape = shape
        self.l2 = l2
        self.relativeL2 = relativeL2
        self.cosine = cosine
        self.changedElements = changedElements
    }
}
