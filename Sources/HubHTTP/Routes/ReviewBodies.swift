import HubAPI
import HubCore
import HubServices

extension CompareBody {
    init(_ comparison: CompareService.Comparison) {
        self.init(
            base: comparison.base.hex,
            head: comparison.head.hex,
            files: comparison.files.map { file in
                File(
                    path: file.path,
                    change: file.old == nil ? "added" : file.new == nil ? "removed" : "changed",
                    oldSize: file.old?.size,
                    newSize: file.new?.size
                )
            },
            tensors: comparison.tensors.map { change in
                TensorChangeBody(
                    file: change.path,
                    tensor: change.name,
                    change: change.kind,
                    dtype: change.dtype,
                    shape: change.shape,
                    l2: change.l2,
                    relativeL2: change.relativeL2,
                    cosine: change.cosine,
                    changedElements: change.changedElements
                )
            }
        )
    }
}

extension MergeResultBody {
    init(_ outcome: MergeOutcome) {
        self.init(
            outcome: Outcome(outcome.kind),
            commit: outcome.commit?.hex,
            base: outcome.base?.hex,
            ours: outcome.ours.hex,
            theirs: outcome.theirs.hex,
            tensors: outcome.decisions.map { decision in
                TensorDecisionBody(
                    file: decision.checkpoint,
                    tensor: decision.tensor,
                    decision: decision.outcome,
                    cosine: decision.cosine,
                    contestedMass: decision.contestedMass,
                    overlap: decision.overlap
                )
            },
            conflicts: outcome.conflicts.map {
                MergeConflictBody(path: $0.path, tensor: $0.tensor, reason: $0.reason)
            }
        )
    }
}

extension MergeResultBody.Outcome {
    fileprivate init(_ kind: MergeOutcome.Kind) {
        self =
            switch kind {
            case .upToDate: .upToDate
            case .fastForward: .fastForward
            case .merged: .merged
            case .conflicts: .conflicts
            case .wouldMerge: .wouldMerge
            }
    }
}
