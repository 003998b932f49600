import HubCore

/// Merges three revisions of a checkpoint tensor by tensor.
///
/// A tensor that one side left alone comes from the other, bit for bit; only where both changed it does the strategy
/// speak. Tensors are matched by name over the whole set of shards, so a checkpoint that was sharded anew on one side
/// merges all the same. The result keeps the layout of ours: its shards, the order of tensors in them, its metadata.
package enum CheckpointMerge {
    /// Decides about every tensor, and lays out the files of the result.
    ///
    /// - Parameter base: The common ancestor; nil where both sides added the checkpoint.
    package static func plan(
        base: Checkpoint?,
        ours: Checkpoint,
        theirs: Checkpoint,
        rules: MergeRules
    ) async throws -> MergePlan {
        let classifier = MergeClassifier(base: base ?? .empty, ours: ours, theirs: theirs, rules: rules)
        let decisions = try await classifier.decisions()
        let layout = MergeLayout(base: base ?? .empty, ours: ours, theirs: theirs, decisions: decisions)
        return MergePlan(
            decisions: decisions.filter { $0.situation != .unchanged },
            files: decisions.contains { $0.conflict != nil } ? [] : layout.files(),
            removedPaths: layout.removedPaths
        )
    }
}

/// What a merge of checkpoints comes to; nothing is computed or written yet.
package struct MergePlan: Sendable {
    /// Every tensor that is not the same on all three sides.
    package let decisions: [MergeDecision]

    /// The files of the result, in the order of their paths; none while there are conflicts.
    package let files: [MergedFile]

    /// Paths of ours that the result does not have.
    package let removedPaths: [String]

    package var conflicts: [MergeDecision] { decisions.filter { $0.conflict != nil } }
}
