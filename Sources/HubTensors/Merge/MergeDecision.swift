/// How a tensor came to differ between base, ours and theirs.
package enum MergeSituation: String, Sendable, Codable {
    case unchanged
    case oursChanged
    case theirsChanged
    case sameChange
    case bothChanged
    case oursAdded
    case theirsAdded
    case sameAddition
    case bothAdded
    case oursDeleted
    case theirsDeleted
    case bothDeleted
    case oursDeletedTheirsChanged
    case oursChangedTheirsDeleted
    /// One side gave it another shape, the other changed it too.
    case reshaped
    /// One side only stored it in another type, the other changed its values.
    case retyped
    /// Both sides stored it in different types.
    case retypedApart
    /// Part of a quantised module, of which both sides changed something.
    case quantised
    /// It moved here from another name, and the other side changed it there.
    case renamed
}

/// What becomes of one tensor.
package struct MergeDecision: Sendable {
    package enum Outcome: Sendable {
        /// That side's bytes, bit for bit.
        case keep(MergeSide)
        /// Computed from all sides.
        case compute(any MergeMethod)
        /// That side's values, rounded once to another type.
        case cast(MergeSide, to: DType)
        /// It is not in the result.
        case drop
        /// A person must choose; the sentence says why.
        case conflict(String)
    }

    package let name: String
    package var situation: MergeSituation
    package var outcome: Outcome

    /// The name on the side it is kept from, where that is another.
    package var originalName: String?

    /// For a floating-point tensor that both sides changed in place.
    package var movement: TensorMovement?

    package init(
        _ name: String,
        _ situation: MergeSituation,
        _ outcome: Outcome,
        originalName: String? = nil,
        movement: TensorMovement? = nil
    ) {
        self.name = name
        self.situation = situation
        self.outcome = outcome
        self.originalName = originalName
        self.movement = movement
    }

    /// Why a person must choose; nil if nobody must.
    package var conflict: String? { if case .conflict(let reason) = outcome { reason } else { nil } }

    /// `ours`, `theirs`, `sum:ours=1.0,theirs=0.8`, `theirs as BF16`, `deleted`, `conflict`: for lists.
    package var outcomeWord: String {
        switch outcome {
        case .keep(let side): side.rawValue
        case .compute(let method): method.description
        case .cast(let side, let dtype): "\(side.rawValue) as \(dtype)"
        case .drop: "deleted"
        case .conflict: "conflict"
        }
    }
}
