import HubCore

/// A tensor whose elements come out of arithmetic, in the type it is stored in.
///
/// Widened to `Float` (to `Double` if any side is F64), computed, rounded once. Every block gives the same
/// bytes whenever and wherever it is computed.
package struct ComputedTensor: Sendable {
    package let formula: Formula
    package let dtype: DType
    package let elementCount: Int

    package enum Formula: Sendable {
        case merge(any MergeMethod, base: Tensor?, ours: Tensor, theirs: Tensor)
        case cast(Tensor)
    }

    init(_ formula: Formula, dtype: DType) {
        self.formula = formula
        self.dtype = dtype
        switch formula {
        case .merge(_, _, let ours, _): elementCount = ours.info.elementCount
        case .cast(let tensor): elementCount = tensor.info.elementCount
        }
    }

    var byteCount: Int { elementCount * dtype.bitCount / 8 }

    private var inputs: [Tensor] {
        switch formula {
        case .merge(_, let base, let ours, let theirs): [base, ours, theirs].compactMap(\.self)
        case .cast(let tensor): [tensor]
        }
    }

    private var needsDouble: Bool { dtype == .float64 || inputs.contains { $0.info.dtype == .float64 } }

    /// The stored bytes of the elements at `places`.
    func bytes(_ places: Range<Int>) async throws -> [UInt8] {
        needsDouble
            ? try await block(places, as: Double.self).bytes
            : try await block(places, as: Float.self).bytes
    }

    /// What stands against writing the result, and how the sides moved.
    package struct Examination: Sendable {
        /// Why the result must not be written; nil if all is well.
        var fault: String?

        /// For a merge with a base.
        var movement: TensorMovement?
    }

    /// Computes the whole tensor once: NaN and infinity may pass through, but must not come into being.
    func examine() async throws -> Examination {
        needsDouble ? try await examine(as: Double.self) : try await examine(as: Float.self)
    }

    private func examine<Element: TensorElement>(as _: Element.Type) async throws -> Examination {
        var before = TensorScan()
        var after = TensorScan()
        var movement = MovementSums()
        for places in TensorStream.blocks(elementCount) {
            let (inputs, bytes) = try await block(places, as: Element.self)
            for input in inputs { input.withUnsafeBufferPointer { Element.scan($0, into: &before, .best) } }
            if inputs.count == 3 {
                withBlock(inputs) { Element.compareMovements($0, into: &movement, .best) }
            }
            let result = [Element](unsafeUninitializedCapacity: places.count) { buffer, initialized in
                bytes.withUnsafeBytes {
                    Element.widen(dtype, $0, into: .init(rebasing: buffer[..<places.count]), .best)
                }
                initialized = places.count
            }
            result.withUnsafeBufferPointer { Element.scan($0, into: &after, .best) }
        }
        return Examination(
            fault: fault(before: before, after: after),
            movement: inputs.count == 3 ? TensorMovement(movement, elementCount: elementCount) : nil
        )
    }

    private func fault(before: TensorScan, after: TensorScan) -> String? {
        if after.nanCount > before.nanCount { return "the result would hold \(after.nanCount) NaN" }
        if after.nanCount + after.infinityCount > before.nanCount + before.infinityCount {
            return "the result would overflow \(dtype) in \(after.infinityCount) elements"
        }
        return nil
    }

    private func block<Element: TensorElement>(
        _ places: Range<Int>,
        as _: Element.Type
    ) async throws -> (inputs: [[Element]], bytes: [UInt8]) {
        var inputs: [[Element]] = []
        for tensor in self.inputs { inputs.append(try await tensor.elements(places, as: Element.self)) }
        let output = [Element](unsafeUninitializedCapacity: places.count) { buffer, initialized in
            compute(inputs, into: UnsafeMutableBufferPointer(rebasing: buffer[..<places.count]))
            initialized = places.count
        }
        let byteCount = places.count * dtype.bitCount / 8
        let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            output.withUnsafeBufferPointer {
                let destination = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount])
                Element.narrow($0, to: dtype, into: destination, .best)
            }
            initialized = byteCount
        }
        return (inputs, bytes)
    }

    private func compute<Element: TensorElement>(
        _ inputs: [[Element]],
        into output: UnsafeMutableBufferPointer<Element>
    ) {
        switch formula {
        case .merge(let method, _, _, _): withBlock(inputs) { method.merge($0, into: output) }
        case .cast: _ = output.update(fromContentsOf: inputs[0])
        }
    }

    /// Lends the inputs of a merge, [base,] ours, theirs, as one block.
    private func withBlock<Element: TensorElement>(_ inputs: [[Element]], _ body: (MergeBlock<Element>) -> Void) {
        inputs[inputs.count - 2].withUnsafeBufferPointer { ours in
            inputs[inputs.count - 1].withUnsafeBufferPointer { theirs in
                inputs[0].withUnsafeBufferPointer { first in
                    body(MergeBlock(base: inputs.count == 3 ? first : nil, ours: ours, theirs: theirs))
                }
            }
        }
    }
}
