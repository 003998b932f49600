/// What a header says of one tensor.
package struct TensorInfo: Hashable, Sendable {
    package let name: String
    package let dtype: DType

    /// Outermost dimension first; empty for a single number.
    package let shape: [Int]

    /// Where its bytes lie in the file, from the file's start; not necessarily aligned.
    package let range: Range<Int>

    package init(name: String, dtype: DType, shape: [Int], range: Range<Int>) {
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.range = range
    }

    /// The number of elements; cannot overflow in a header that was accepted.
    package var elementCount: Int { shape.reduce(1, *) }

    package var byteCount: Int { range.count }

    /// "F32 [128, 64]".
    package var typeDescription: String { "\(dtype) \(shape)" }
}
