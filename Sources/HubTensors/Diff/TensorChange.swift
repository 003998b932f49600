/// How one tensor differs between two revisions of a checkpoint.
package struct TensorChange: Sendable, Hashable {
    package enum Kind: String, Sendable, Codable {
        case added
        case removed
        case changed
        case reshaped
        /// Stored in another type; the numbers compare the values.
        case retyped = "dtype-changed"
    }

    /// The path of the file it stands in; of the new one where it exists in both.
    package let path: String
    package let name: String
    package let kind: Kind

    /// Of the new tensor where it exists in both.
    package let dtype: DType
    package let shape: [Int]

    /// Only for tensors of arithmetic types with one shape.
    package let difference: TensorDifference?

    package init(_ tensor: Tensor, _ kind: Kind, difference: TensorDifference? = nil) {
        path = tensor.path
        name = tensor.name
        self.kind = kind
        dtype = tensor.info.dtype
        shape = tensor.info.shape
        self.difference = difference
    }
}

/// The numbers of a change; norms are Frobenius norms, sums are taken in double precision.
package struct TensorDifference: Sendable, Hashable {
    /// ‖new − old‖.
    package let l2: Double

    /// ‖new − old‖ / ‖old‖; nil where old is zero.
    package let relativeL2: Double?

    /// The cosine of the angle between old and new; nil where one of them is zero.
    package let cosine: Double?
    package let changedElements: Int

    init(_ sums: DifferenceSums) {
        l2 = sums.differenceSquared.squareRoot()
        relativeL2 = sums.oldSquared > 0 ? (sums.differenceSquared / sums.oldSquared).squareRoot() : nil
        let norms = (sums.oldSquared * sums.newSquared).squareRoot()
        cosine = norms > 0 ? max(-1, min(1, sums.product / norms)) : nil
        changedElements = sums.changed
    }
}
