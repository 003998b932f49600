package import HubCore

/// Both changes applied to the base: O + (A − O) + (B − O), the task arithmetic of Ilharco et al.
///
/// (2023).
package struct SumMerge: MergeMethod {
    package static let name = "sum"
    package static let summary = "both changes added to the base (task arithmetic); weights ours=1, theirs=1"
    package static let needsBase = true
    package static let isSymmetric = true

    private let weights: MergeWeights

    package init(_ parameters: [String: Double]) throws(HubError) {
        weights = try MergeWeights(parameters, of: Self.name, default: 1)
    }

    package var description: String { weights.describe(Self.name, default: 1) }

    package func merge<Element>(_ block: MergeBlock<Element>, into output: UnsafeMutableBufferPointer<Element>) {
        Element.sum(block, weights: weights, into: output, .best)
    }
}
