import CHubKernels

extension Float: TensorElement {
    package static func represents(_ dtype: DType) -> Bool {
        dtype == .float32 || dtype == .bfloat16 || dtype == .float16
    }

    package static func widen(
        _ dtype: DType,
        _ source: UnsafeRawBufferPointer,
        into destination: UnsafeMutableBufferPointer<Float>,
        _ kernels: TensorKernels
    ) {
        precondition(source.count * 8 == destination.count * dtype.bitCount)
        switch dtype {
        case .float16: kernels.table.widen_f16(source.baseAddress, destination.baseAddress, destination.count)
        case .bfloat16: kernels.table.widen_bf16(source.baseAddress, destination.baseAddress, destination.count)
        case .float32: UnsafeMutableRawBufferPointer(destination).copyMemory(from: source)
        default: preconditionFailure("\(dtype) was given to arithmetic in Float")
        }
    }

    package static func narrow(
        _ source: UnsafeBufferPointer<Float>,
        to dtype: DType,
        into destination: UnsafeMutableRawBufferPointer,
        _ kernels: TensorKernels
    ) {
        precondition(destination.count * 8 == source.count * dtype.bitCount)
        switch dtype {
        case .float16: kernels.table.narrow_f16(source.baseAddress, destination.baseAddress, source.count)
        case .bfloat16: kernels.table.narrow_bf16(source.baseAddress, destination.baseAddress, source.count)
        case .float32: destination.copyMemory(from: UnsafeRawBufferPointer(source))
        default: preconditionFailure("\(dtype) was asked of arithmetic in Float")
        }
    }

    package static func scan(
        _ values: UnsafeBufferPointer<Float>,
        into scan: inout TensorScan,
        _ kernels: TensorKernels
    ) {
        scan.add(count: values.count) { kernels.table.scan_f32(values.baseAddress, values.count, &$0) }
    }

    package static func compare(
        _ old: UnsafeBufferPointer<Float>,
        _ new: UnsafeBufferPointer<Float>,
        into sums: inout DifferenceSums,
        _ kernels: TensorKernels
    ) {
        precondition(old.count == new.count)
        sums.add { kernels.table.difference_f32(old.baseAddress, new.baseAddress, old.count, &$0) }
    }

    package static func compareMovements(
        _ block: MergeBlock<Float>,
        into sums: inout MovementSums,
        _ kernels: TensorKernels
    ) {
        guard let base = block.base else { return }
        precondition(base.count == block.ours.count && base.count == block.theirs.count)
        sums.add {
            kernels.table.movement_f32(
                base.baseAddress, block.ours.baseAddress, block.theirs.baseAddress, base.count, &$0)
        }
    }

    package static func sum(
        _ block: MergeBlock<Float>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Float>,
        _ kernels: TensorKernels
    ) {
        guard let base = block.base else { preconditionFailure("a sum was planned without a base") }
        precondition([block.ours.count, block.theirs.count, base.count].allSatisfy { $0 == output.count })
        kernels.table.sum_f32(
            base.baseAddress, block.ours.baseAddress, block.theirs.baseAddress, Float(weights.ours),
            Float(weights.theirs), output.baseAddress, output.count)
    }

    package static func average(
        _ block: MergeBlock<Float>,
        weights: MergeWeights,
        into output: UnsafeMutableBufferPointer<Float>,
        _ kernels: TensorKernels
    ) {
        precondition(block.ours.count == output.count && block.theirs.count == output.count)
        kernels.table.average_f32(
            block.ours.baseAddress, block.theirs.baseAddress, Float(weights.ours), Float(weights.theirs),
            output.baseAddress, output.count)
    }
}
