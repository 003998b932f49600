import HubCore

/// A set of positions of a ``CommitTable``.
package struct CommitMarks: Sendable {
    private var marks: [Bool]

    init(count: Int) { marks = [Bool](repeating: false, count: count) }

    package subscript(position: Int) -> Bool {
        get { marks[position] }
        set { marks[position] = newValue }
    }

    /// Adds a position; false if it was there.
    mutating func insert(_ position: Int) -> Bool {
        defer { marks[position] = true }
        return !marks[position]
    }
}

extension CommitTable {
    /// Everything `starts` reach, themselves included; what stands below `lowest` may be left out.
    ///
    /// - Parameter cuts: Commits that are taken to have no parents.
    package func reached(from starts: some Sequence<Int>, cuts: Set<Int> = [], downTo lowest: Int = 0) -> CommitMarks {
        var marks = CommitMarks(count: count)
        var highest = -1
        for start in starts {
            marks[start] = true
            highest = max(highest, start)
        }
        guard highest > lowest else { return marks }
        for position in stride(from: highest, to: lowest, by: -1) where marks[position] {
            guard cuts.isEmpty || !cuts.contains(position) else { continue }
            forEachParent(of: position) { marks[$0] = true }
        }
        return marks
    }

    /// Whether each of `starts` reaches one of `goals`, or is one.
    package func allReach(_ starts: some Collection<Int>, _ goals: some Collection<Int>) -> Bool {
        guard let lowest = goals.min(), let highest = starts.max() else { return starts.isEmpty }
        guard highest >= lowest else { return false }
        var marks = [Bool](repeating: false, count: highest - lowest + 1)
        for goal in goals where goal <= highest { marks[goal - lowest] = true }
        if lowest < highest {
            for position in (lowest + 1)...highest where !marks[position - lowest] {
                forEachParent(of: position) { parent in
                    if parent >= lowest, marks[parent - lowest] { marks[position - lowest] = true }
                }
            }
        }
        return starts.allSatisfy { $0 >= lowest && marks[$0 - lowest] }
    }

    func isAncestor(_ ancestor: Int, of position: Int) -> Bool {
        ancestor <= position && reached(from: [position], downTo: ancestor)[ancestor]
    }

    /// The newest of the best common ancestors of two commits, or nil if their histories are unrelated.
    ///
    /// A common ancestor is one of the best if no other common ancestor stands on it (git-merge-base).
    package func mergeBase(_ one: Int, _ other: Int) -> Int? {
        let left = reached(from: [one])
        let right = reached(from: [other])
        var isOlder = CommitMarks(count: count)
        var best: Int?
        for position in stride(from: min(one, other), through: 0, by: -1) where left[position] && right[position] {
            if !isOlder[position], best.map({ seconds[$0] < seconds[position] }) ?? true { best = position }
            forEachParent(of: position) { isOlder[$0] = true }
        }
        return best
    }

    /// Hands over the commits of `marks`, none before all that stand on it, otherwise the latest first, until `body`
    /// returns false.
    ///
    /// - Parameter starts: Marked commits that reach all that are marked.
    package func forEach(
        of marks: CommitMarks, from starts: some Collection<Int>, _ body: (Int) throws -> Bool
    ) rethrows {
        guard let highest = starts.max() else { return }
        var children = [Int32](repeating: 0, count: highest + 1)
        for position in 0...highest where marks[position] {
            forEachParent(of: position) { children[$0] += 1 }
        }
        var queue = LatestFirst()
        for start in Set(starts) where children[start] == 0 { queue.insert(start, seconds[start]) }
        while let position = queue.popFirst() {
            guard try body(position) else { return }
            forEachParent(of: position) { parent in
                children[parent] -= 1
                if children[parent] == 0, marks[parent] { queue.insert(parent, seconds[parent]) }
            }
        }
    }
}

/// Positions in the order of their time, the latest first; of the same time, the one inserted first.
private struct LatestFirst {
    private struct Entry {
        let position: Int
        let seconds: Int64
        let number: Int

        func precedes(_ other: Entry) -> Bool {
            seconds == other.seconds ? number < other.number : seconds > other.seconds
        }
    }

    /// A binary heap.
    private var entries: [Entry] = []
    private var inserted = 0

    mutating func insert(_ position: Int, _ seconds: Int64) {
        entries.append(Entry(position: position, seconds: seconds, number: inserted))
        inserted += 1
        var child = entries.count - 1
        while child > 0, entries[child].precedes(entries[(child - 1) / 2]) {
            entries.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func popFirst() -> Int? {
        guard let first = entries.first else { return nil }
        let last = entries.removeLast()
        guard !entries.isEmpty else { return first.position }
        entries[0] = last
        var parent = 0
        while 2 * parent + 1 < entries.count {
            var child = 2 * parent + 1
            if child + 1 < entries.count, entries[child + 1].precedes(entries[child]) { child += 1 }
            guard entries[child].precedes(entries[parent]) else { break }
            entries.swapAt(child, parent)
            parent = child
        }
        return first.position
    }
}
