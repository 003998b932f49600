package import HubCore

/// One way of settling a tensor that both sides changed.
///
/// A method is a value with its parameters read; it works element by element, so that tensors of any size
/// pass through in blocks. It is asked only where the two sides differ.
package protocol MergeMethod: Sendable, CustomStringConvertible {
    /// The word after `-s`.
    static var name: String { get }

    /// One line for help and pages.
    static var summary: String { get }

    /// Whether it cannot answer for a tensor that both sides added.
    static var needsBase: Bool { get }

    /// Whether it gives the same when ours and theirs are exchanged, with default parameters.
    static var isSymmetric: Bool { get }

    /// Reads the parameters; throws ``HubError/invalid(_:)`` for one that is unknown or makes no sense.
    init(_ parameters: [String: Double]) throws(HubError)

    /// The side whose bytes are the answer, whatever the type of the elements; nil for arithmetic.
    var side: MergeSide? { get }

    /// Computes as many elements as `output` has.
    func merge<Element: TensorElement>(_ block: MergeBlock<Element>, into output: UnsafeMutableBufferPointer<Element>)
}

extension MergeMethod {
    package var side: MergeSide? { nil }
    package var description: String { Self.name }
}

/// Which of the three versions.
package enum MergeSide: String, Sendable, Codable {
    case base
    case ours
    case theirs
}

/// As many elements of each side of a merge; `base` is missing where both sides added the tensor.
package struct MergeBlock<Element: TensorElement> {
    package let base: UnsafeBufferPointer<Element>?
    package let ours: UnsafeBufferPointer<Element>
    package let theirs: UnsafeBufferPointer<Element>

    package init(
        base: UnsafeBufferPointer<Element>?,
        ours: UnsafeBufferPointer<Element>,
        theirs: UnsafeBufferPointer<Element>
    ) {
        self.base = base
        self.ours = ours
        self.theirs = theirs
    }
}

/// Every merge method the hub knows.
///
/// Adding one is a file beside this one and a word here.
package enum MergeMethods {
    package static let all: [any MergeMethod.Type] = [
        OursMerge.self, TheirsMerge.self, SumMerge.self, AverageMerge.self,
    ]

    /// Makes the method called `name`.
    package static func make(_ name: String, parameters: [String: Double] = [:]) throws(HubError) -> any MergeMethod {
        guard let method = all.first(where: { $0.name == name }) else {
            let known = ([MergeStrategy.conflict.description] + all.map { $0.name }).joined(separator: ", ")
            throw .invalid("'\(name)' is not a merge strategy; there are \(known)")
        }
        return try method.init(parameters)
    }
}
