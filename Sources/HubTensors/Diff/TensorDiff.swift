import HubCore

/// Compares two revisions of a checkpoint, tensor by tensor.
package enum TensorDiff {
    /// What differs: first in the order of `new`, then what only `old` has.
    ///
    /// Tensors are matched by name, whichever shard they stand in. Memory does not grow with their size, and the
    /// bytes of a tensor that did not change are not looked at where the readers know so.
    ///
    /// - Parameter measures: Whether to say by how much tensors differ, which reads both.
    package static func compare(
        old: Checkpoint,
        new: Checkpoint,
        measuring measures: Bool = true
    ) async throws -> [TensorChange] {
        var changes: [TensorChange] = []
        for tensor in new.tensors {
            try Task.checkCancellation()
            guard let before = old[tensor.name] else {
                changes.append(TensorChange(tensor, .added))
                continue
            }
            if let change = try await change(from: before, to: tensor, measuring: measures) { changes.append(change) }
        }
        for tensor in old.tensors where new[tensor.name] == nil { changes.append(TensorChange(tensor, .removed)) }
        return changes
    }

    private static func change(
        from old: Tensor,
        to new: Tensor,
        measuring measures: Bool
    ) async throws -> TensorChange? {
        guard old.info.shape == new.info.shape else { return TensorChange(new, .reshaped) }
        let isRetyped = old.info.dtype != new.info.dtype
        if !isRetyped, try await old.hasSameBytes(as: new) { return nil }
        let kind = isRetyped ? TensorChange.Kind.retyped : .changed
        guard measures, old.info.dtype.isArithmetic, new.info.dtype.isArithmetic else { return TensorChange(new, kind) }
        let needsDouble = [old, new].contains { $0.info.dtype == .float64 }
        let difference =
            needsDouble ? try await measure(old, new, as: Double.self) : try await measure(old, new, as: Float.self)
        return TensorChange(new, kind, difference: difference)
    }

    private static func measure<Element: TensorElement>(
        _ old: Tensor,
        _ new: Tensor,
        as _: Element.Type
    ) async throws -> TensorDifference {
        var sums = DifferenceSums()
        for places in TensorStream.blocks(new.info.elementCount) {
            let old = try await old.elements(places, as: Element.self)
            let new = try await new.elements(places, as: Element.self)
            old.withUnsafeBufferPointer { old in
                new.withUnsafeBufferPointer { new in Element.compare(old, new, into: &sums, .best) }
            }
        }
        return TensorDifference(sums)
    }
}
