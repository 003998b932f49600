package import HubCore

/// The weighted mean of both sides.
package struct AverageMerge: MergeMethod {
    package static let name = "average"
    package static let summary = "the mean of both versions (linear); weights ours=0.5, theirs=0.5"
    package static let needsBase = false
    package static let isSymmetric = true

    private let weights: MergeWeights

    package init(_ parameters: [String: Double]) throws(HubError) {
        weights = try MergeWeights(parameters, of: Self.name, default: 0.5)
        guard Float(weights.ours) + Float(weights.theirs) != 0 else {
            throw .invalid("the weights of 'average' add up to zero")
        }
    }

    package var description: String { weights.describe(Self.name, default: 0.5) }

    package func merge<Element>(_ block: MergeBlock<Element>, into output: UnsafeMutableBufferPointer<Element>) {
        Element.average(block, weights: weights, into: output, .best)
    }
}
