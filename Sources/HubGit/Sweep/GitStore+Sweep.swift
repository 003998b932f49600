import HubDatabase

/// What a sweep of git objects came to.
package struct ObjectSweepResult: Hashable, Sendable {
    /// Objects that are written down as unreached and not removed yet.
    package var waiting = 0
    package var removed = 0

    /// Bytes of the removed objects, as they rested.
    package var bytes = 0

    package init() {}
}

extension GitStore {
    /// Removes objects that no ref of any repository reaches, nor did `grace` seconds ago.
    ///
    /// Something unreached is written down by one sweep and removed by a later one, if it still is. A sweep that meets
    /// anything odd, such as an object that is missing, removes nothing and throws. Nobody waits for more than one small
    /// transaction; memory is a bit for each object that ever was, and what one repository takes.
    ///
    /// - Parameter now: Seconds since 1970.
    package func sweep(grace: Int64, now: Int64) async throws -> ObjectSweepResult {
        let newest = try await database.read { connection in
            try connection.queryOne("SELECT COALESCE(MAX(number), 0) FROM git_object")?.int64(0) ?? 0
        }
        let walk = ReachedWalk(store: self)
        try await walk.catchUp()
        try await writeDown(walk, through: newest, now: now)
        var result = ObjectSweepResult()
        while let due = try await due(walk, until: now - grace) {
            let before = result.removed
            guard try await remove(due, walk, until: now - grace, &result), result.removed > before else { break }
        }
        result.waiting = try await database.read { connection in try UnreachedRows(connection: connection).count }
        return result
    }

    /// How many numbers are held at once.
    private static let roundLimit = 1_000_000

    /// Brings what is written down to what the walk has found.
    private func writeDown(_ walk: ReachedWalk, through newest: Int64, now: Int64) async throws {
        let again = try await database.read { connection in
            let reached = walk.reached
            return try UnreachedRows(connection: connection).numbers(limit: Self.roundLimit) { number, _ in
                reached.contains(number)
            }
        }
        try await change(again) { rows, some in try rows.remove(some) }
        while true {
            let new = try await database.read { connection in
                try UnreachedRows(connection: connection).unwritten(
                    through: newest, reached: walk.reached, limit: Self.roundLimit)
            }
            try await change(new) { rows, some in try rows.insert(some, since: now) }
            guard new.count == Self.roundLimit else { return }
        }
    }

    /// Runs `body` on some of `numbers` after the other, each in a transaction of its own.
    private func change(
        _ numbers: [Int64], _ body: @escaping @Sendable (UnreachedRows, ArraySlice<Int64>) throws -> Void
    ) async throws {
        for start in stride(from: 0, to: numbers.count, by: UnreachedRows.batch) {
            try Task.checkCancellation()
            let some = numbers[start..<min(start + UnreachedRows.batch, numbers.count)]
            try await database.write { connection in try body(UnreachedRows(connection: connection), some) }
        }
    }

    /// Objects that have been unreached for long enough, in order; nil if there are none.
    private func due(_ walk: ReachedWalk, until deadline: Int64) async throws -> [Int64]? {
        let due = try await database.read { connection in
            let reached = walk.reached
            return try UnreachedRows(connection: connection).numbers(limit: Self.roundLimit) { number, since in
                since <= deadline && !reached.contains(number)
            }
        }
        return due.isEmpty ? nil : due.sorted()
    }

    /// Removes objects while the walk is of all refs as they stand, and lets it catch up when it is not.
    ///
    /// - Returns: Whether all of them are done.
    private func remove(
        _ due: [Int64], _ walk: ReachedWalk, until deadline: Int64, _ result: inout ObjectSweepResult
    ) async throws -> Bool {
        var rest = due[...]
        var attempts = 0
        while !rest.isEmpty {
            try Task.checkCancellation()
            let (reached, seen) = (walk.reached, walk.seen)
            let some = rest.prefix(UnreachedRows.batch).filter { !reached.contains($0) }
            let outcome = try await database.write { connection -> UnreachedRows.Removal? in
                guard try RefState(connection) == seen else { return nil }
                return try UnreachedRows(connection: connection).sweep(some, until: deadline)
            }
            guard let outcome else {
                attempts += 1
                // A hub that is this busy is left alone until the next time.
                guard attempts < 1000 else { return false }
                try await walk.catchUp()
                continue
            }
            result.removed += outcome.objects
            result.bytes += outcome.bytes
            guard let next = outcome.next else {
                rest = rest.dropFirst(UnreachedRows.batch)
                continue
            }
            rest = rest.drop { $0 < next }
        }
        return true
    }
}
