import CHubKernels

extension Double: TensorElement {
    package static func represents(_ dtype: DType) -> Bool { dtype.isArithmetic }

    package static func widen(
        _ dtype: DType,
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableBufferPointer<Double>,
        _ kernels: TensorKernels
    ) {
        precondition(source.count * 8 == destination.count * dtype.bitCount)
        guard dtype != .float64 else { return UnsafeMutableRawBufferPointer(destination).copyMemory(from: source) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: destination.count) { floats in
            Float.widen(dtype, source, into: floats, kernels)
            for (place, value) in floats.enumerated() { destination[place] = Double(value) }
        }
    }

    package static func narrow(
        _ source: UnsafeBufferPointer<Double>,
        to dtype: DType,
        into destination: UnsafeMutableRawBufferPointer,
        _ kernels: TensorKernels
    ) {
        precondition(destination.count * 8 == source.count * dtype.bitCount)
        guard dtype != .float64 else { return destination.copyMemory(from: UnsafeRawBufferPointer(source)) }
        withUnsafeTemporaryAllocation(of: Float.self, capacity: source.count) { floats in
            for (place, value) in source.enumerated() {
                floats[place] = dtype == .float32 ? Float(value) : value.roundedToOdd
            }
            Float.narrow(UnsafeBufferPointer(floats), to: dtype, into: destination, kernels)
        }
    }

    package static func scan(
        _ values: UnsafeBufferPointer<Double>,
        into scan: inout TensorScan,
        _ kernels: TensorKernels
    ) {
        scan.add(count: values.count) { kernels.table.scan_f64(values.baseAddress, values.count, &$0) }
    }

    package static func compare(
        _ old: UnsafeBufferPointer<Double>,
        _ new: UnsafeBufferPointer<Double>,
        into sums: inout DifferenceSums,
        _ kernels: TensorKernels
    ) {
        precondition(old.count == new.count)
        sums.add { kernels.table.difference_f64(old.baseAddress, new.baseAddress, old.count, &$0) }
    }

    package static func compareMovements(
        _ block: MergeBlock<Double>,
        into sums: inout MovementSums,
        _ kernels: TensorKernels
    ) {
        guard let base = block.base else { return }
        precondition(base.count == block.ours.count && base.count == block.theirs.count)
        sums.add {
            kernels.table.movement_f64(
                base.baseAddress, block.ours.baseAddress, block.theirs.baseAddress, base.count, &$0)
        }
    }

    package static func sum(
        _ block: MergeBlock<Double>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Double>,
        _ kernels: TensorKernels
    ) {
        guard let base = block.base else { preconditionFailure("a sum was planned without a base") }
        precondition([block.ours.count, block.theirs.count, base.count].allSatisfy { $0 == output.count })
        kernels.table.sum_f64(
            base.baseAddress, block.ours.baseAddress, block.theirs.baseAddress, Double(weights.ours),
            Double(weights.theirs), output.baseAddress, output.count)
    }

    package static func average(
        _ block: MergeBlock<Double>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Double>,
        _ kernels: TensorKernels
    ) {
        precondition(block.ours.count == output.count && block.theirs.count == output.count)
        kernels.table.average_f64(
            block.ours.baseAddress, block.theirs.baseAddress, Double(weights.ours), Double(weights.theirs),
            output.baseAddress, output.count)
    }
}

extension Double {
    /// The value as a `Float` that rounds on to an even narrower type as if in one step.
    ///
    /// Rounded toward zero, and made odd if anything was lost: never a tie that the exact value was not.
    fileprivate var roundedToOdd: Float {
        var nearest = Float(self)
        guard !isNaN, Double(nearest) != self else { return nearest }
        if Double(nearest).magnitude > magnitude {
            nearest = Float(bitPattern: nearest.bitPattern - 1)
        }
        return Float(bitPattern: nearest.bitPattern | 1)
    }
}
