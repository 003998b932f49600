import CHubKernels

/// The elementwise kernels, in the form this processor runs best.
///
/// All forms give the same bits; a test holds them to that.
package struct TensorKernels: Sendable {
    private let level: Int32

    package static let best = TensorKernels(level: hub_tensor_level_count() - 1)

    /// Every form this processor can run, plain C first.
    package static let all = (0..<hub_tensor_level_count()).map(TensorKernels.init(level:))

    private init(level: Int32) { self.level = level }

    var table: hub_tensor_table { hub_tensor_table_at(level).pointee }
}

/// An element type of arithmetic: everything narrower than `Double` is computed as `Float`.
package protocol TensorElement: BinaryFloatingPoint, Sendable {
    /// The stored types that are computed in this one.
    static func represents(_ dtype: DType) -> Bool

    /// Widens stored elements; `source` needs no alignment and holds exactly `destination.count` elements.
    static func widen(
        _ dtype: DType,
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableBufferPointer<Self>,
        _ kernels: TensorKernels
    )

    /// Rounds to the stored type, once, to nearest, ties to even.
    static func narrow(
        _ source: UnsafeBufferPointer<Self>,
        to dtype: DType,
        into destination: UnsafeMutableRawBufferPointer,
        _ kernels: TensorKernels
    )

    static func scan(_ values: UnsafeBufferPointer<Self>, into scan: inout TensorScan, _ kernels: TensorKernels)

    static func compare(
        _ old: UnsafeBufferPointer<Self>,
        _ new: UnsafeBufferPointer<Self>,
        into sums: inout DifferenceSums,
        _ kernels: TensorKernels
    )

    static func compareMovements(_ block: MergeBlock<Self>, into sums: inout MovementSums, _ kernels: TensorKernels)

    /// base + (ours weight · (ours − base) + theirs weight · (theirs − base)).
    static func sum(
        _ block: MergeBlock<Self>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Self>,
        _ kernels: TensorKernels
    )

    /// The weighted mean of ours and theirs.
    static func average(
        _ block: MergeBlock<Self>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Self>,
        _ kernels: TensorKernels
    )
}
