import HubCore

/// Which objects a pack holds.
struct PackPlan: Sendable {
    /// Their numbers, ascending, each once: as they came, so that they are read one after the other.
    let numbers: [Int64]

    /// What the client has, as far as it is known by name.
    private let leftOut: Set<ObjectID>

    init(numbers: [Int64], leftOut: Set<ObjectID> = []) {
        self.numbers = numbers
        self.leftOut = leftOut
    }

    var count: Int { numbers.count }

    func contains(_ number: Int64) -> Bool {
        var (low, high) = (0, numbers.count)
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == number
    }

    /// Whether the client has the object that a delta stands on, or will have it by this pack.
    func isKnown(_ delta: PackableObject.Delta) -> Bool {
        leftOut.contains(delta.base) || contains(delta.baseNumber)
    }
}

/// What makes two plans the same, for a client that has nothing yet.
struct PackPlanKey: Hashable, Sendable {
    let repository: Int64

    /// The version of its refs.
    let refs: Int64
    let wants: Set<ObjectID>
    let filter: ObjectFilter?
    let sendsTags: Bool
}
