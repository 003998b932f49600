/// How two sides moved a tensor away from their base: what a reviewer looks at before choosing a strategy.
package struct TensorMovement: Hashable, Sendable, Codable {
    /// The cosine of the angle between the two changes; 0 if one of them is zero.
    package let cosine: Double

    /// The share of all movement that pulls in opposite directions, 0 to 1:
    /// Σ over opposed elements of 2·min(|a|, |b|), divided by Σ(|a| + |b|).
    package let contestedMass: Double

    /// The share of elements that both sides changed, 0 to 1.
    package let overlap: Double

    /// The Frobenius norms of the changes.
    package let oursNorm: Double
    package let theirsNorm: Double

    package init(_ sums: MovementSums, elementCount: Int) {
        let norms = (sums.oursSquared * sums.theirsSquared).squareRoot()
        cosine = norms > 0 ? max(-1, min(1, sums.product / norms)) : 0
        contestedMass = sums.total > 0 ? sums.contested / sums.total : 0
        overlap = elementCount > 0 ? Double(sums.bothChanged) / Double(elementCount) : 0
        oursNorm = sums.oursSquared.squareRoot()
        theirsNorm = sums.theirsSquared.squareRoot()
    }

    package enum Relation: String, Sendable, Codable {
        /// The sides work against each other.
        case opposed
        /// The sides made much the same change: a sum would count it twice.
        case aligned
        /// The sides hardly touch each other: a sum is safe.
        case independent
    }

    /// A reading of the numbers; the thresholds are the hub's own.
    package var relation: Relation {
        if cosine < -0.1 || contestedMass > 0.25 { return .opposed }
        return cosine > 0.5 ? .aligned : .independent
    }
}

extension TensorMovement {
    /// Reads three tensors of one shape, in blocks.
    static func measure(base: Tensor, ours: Tensor, theirs: Tensor) async throws -> TensorMovement {
        let needsDouble = [base, ours, theirs].contains { $0.info.dtype == .float64 }
        return needsDouble
            ? try await measure(base, ours, theirs, as: Double.self)
            : try await measure(base, ours, theirs, as: Float.self)
    }

    private static func measure<Element: TensorElement>(
        _ base: Tensor,
        _ ours: Tensor,
        _ theirs: Tensor,
        as _: Element.Type
    ) async throws -> TensorMovement {
        var sums = MovementSums()
        for places in TensorStream.blocks(ours.info.elementCount) {
            let base = try await base.elements(places, as: Element.self)
            let ours = try await ours.elements(places, as: Element.self)
            let theirs = try await theirs.elements(places, as: Element.self)
            base.withUnsafeBufferPointer { base in
                ours.withUnsafeBufferPointer { ours in
                    theirs.withUnsafeBufferPointer { theirs in
                        Element.compareMovements(MergeBlock(base: base, ours: ours, theirs: theirs), into: &sums, .best)
                    }
                }
            }
        }
        return TensorMovement(sums, elementCount: ours.info.elementCount)
    }
}
