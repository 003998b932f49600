/// Values of which those used last stay, as many as together cost no more than a limit.
package struct Recent<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        let value: Value
        let cost: Int
        var used: UInt64
    }

    private let costLimit: Int
    private var entries: [Key: Entry] = [:]
    private var cost = 0
    private var clock: UInt64 = 0

    package init(costLimit: Int) { self.costLimit = costLimit }

    package subscript(key: Key) -> Value? {
        mutating get {
            clock += 1
            entries[key]?.used = clock
            return entries[key]?.value
        }
    }

    /// Keeps a value in the place of an earlier one of the same key; one that alone is over the limit is not kept.
    package mutating func set(_ value: Value, for key: Key, cost: Int) {
        if let old = entries.removeValue(forKey: key) { self.cost -= old.cost }
        guard cost <= costLimit else { return }
        clock += 1
        entries[key] = Entry(value: value, cost: cost, used: clock)
        self.cost += cost
        if self.cost > costLimit { makeRoom() }
    }

    /// Drops the oldest; of many a quarter at once, so that they need not be looked through each time.
    private mutating func makeRoom() {
        let goal = entries.count > 100 ? costLimit / 4 * 3 : costLimit
        for (key, entry) in entries.sorted(by: { $0.value.used < $1.value.used }) {
            guard self.cost > goal, entry.used < clock else { return }
            entries[key] = nil
            self.cost -= entry.cost
        }
    }
}
