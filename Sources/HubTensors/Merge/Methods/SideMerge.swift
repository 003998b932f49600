package import HubCore

/// Our side, bit for bit.
package struct OursMerge: MergeMethod {
    package static let name = "ours"
    package static let summary = "our version, bit for bit"
    package static let needsBase = false
    package static let isSymmetric = false

    package init(_ parameters: [String: Double]) throws(HubError) {
        _ = try MergeWeights(parameters, of: Self.name, default: nil)
    }

    package var side: MergeSide? { .ours }

    package func merge<Element>(_ block: MergeBlock<Element>, into output: UnsafeMutableBufferPointer<Element>) {
        _ = output.update(fromContentsOf: block.ours)
    }
}

/// Their side, bit for bit.
package struct TheirsMerge: MergeMethod {
    package static let name = "theirs"
    package static let summary = "their version, bit for bit"
    package static let needsBase = false
    package static let isSymmetric = false

    package init(_ parameters: [String: Double]) throws(HubError) {
        _ = try MergeWeights(parameters, of: Self.name, default: nil)
    }

    package var side: MergeSide? { .theirs }

    package func merge<Element>(_ block: MergeBlock<Element>, into output: UnsafeMutableBufferPointer<Element>) {
        _ = output.update(fromContentsOf: block.theirs)
    }
}
