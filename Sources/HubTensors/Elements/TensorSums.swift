import CHubKernels

/// What a look at every element finds.
package struct TensorScan: Hashable, Sendable {
    package var elementCount = 0
    package var nanCount = 0
    package var infinityCount = 0

    /// The smallest and largest finite elements; `min` is above `max` if there is none.
    package var min = Double.infinity
    package var max = -Double.infinity

    package init() {}

    package var isFinite: Bool { nanCount == 0 && infinityCount == 0 }

    package var isConstant: Bool { isFinite && elementCount > 0 && min == max }

    package var isAllZero: Bool { isConstant && min == 0 }

    mutating func add(count: Int, _ body: (inout hub_tensor_scan) -> Void) {
        var raw = hub_tensor_scan(nan_count: 0, infinity_count: 0, min: min, max: max)
        body(&raw)
        elementCount += count
        nanCount += Int(raw.nan_count)
        infinityCount += Int(raw.infinity_count)
        min = raw.min
        max = raw.max
    }
}

/// Sums over the pairs of two tensors' elements, in double precision.
package struct DifferenceSums: Hashable, Sendable {
    package var oldSquared = 0.0
    package var newSquared = 0.0
    package var product = 0.0
    package var differenceSquared = 0.0
    package var changed = 0

    package init() {}

    mutating func add(_ body: (inout hub_tensor_difference) -> Void) {
        var raw = hub_tensor_difference()
        body(&raw)
        oldSquared += raw.old_squared
        newSquared += raw.new_squared
        product += raw.product
        differenceSquared += raw.difference_squared
        changed += Int(raw.changed)
    }
}

/// Sums over the movements of two sides away from their base, in double precision.
package struct MovementSums: Hashable, Sendable {
    package var oursSquared = 0.0
    package var theirsSquared = 0.0
    package var product = 0.0
    package var contested = 0.0
    package var total = 0.0
    package var oursChanged = 0
    package var theirsChanged = 0
    package var bothChanged = 0

    package init() {}

    mutating func add(_ body: (inout hub_tensor_movement) -> Void) {
        var raw = hub_tensor_movement()
        body(&raw)
        oursSquared += raw.ours_squared
        theirsSquared += raw.theirs_squared
        product += raw.product
        contested += raw.contested
        total += raw.total
        oursChanged += Int(raw.ours_changed)
        theirsChanged += Int(raw.theirs_changed)
        bothChanged += Int(raw.both_changed)
    }
}
