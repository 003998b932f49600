import HubDatabase
import Synchronization

/// What a sweep of git objects came to.
package struct ObjectSweepResult: Hashable, Sendable {
    /// Objects that no ref reaches and that wait to be removed.
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
    /// transaction; memory is a bit for each object and what one repository takes.
    ///
    /// - Parameter now: Seconds since 1970.
    package func sweep(grace: Int64, now: Int64) async throws -> ObjectSweepResult {
        let (newest, repositories) = try await database.read { connection in
            (
                try connection.queryOne("SELECT COALESCE(MAX(number), 0) FROM git_object")?.int64(0) ?? 0,
                try connection.query("SELECT DISTINCT repository_id FROM git_ref").map { try $0.int64(0) }
            )
        }
        let reached = ReachedNumbers()
        for repository in repositories {
            try Task.checkCancellation()
            try await mark(repository, in: reached)
        }
        let ledger = try await database.read { connection in
            try reached.numbers.withLock { try SweepLedger(connection, reached: $0, until: now - grace) }
        }
        try await change(ledger.again) { rows, numbers in try rows.remove(numbers) }
        let new = try await database.read { connection in
            try reached.numbers.withLock { try ledger.unmarked(connection, reached: $0, through: newest) }
        }
        try await change(new) { rows, numbers in try rows.insert(numbers, since: now) }
        var result = ObjectSweepResult()
        result.waiting = ledger.count - ledger.again.count + new.count
        for removed in try await change(ledger.due, { rows, numbers in try rows.sweep(numbers, until: now - grace) }) {
            result.removed += removed.objects
            result.bytes += removed.bytes
        }
        result.waiting -= result.removed
        return result
    }

    /// Runs `body` on some of `numbers` after the other, each in a transaction of its own.
    @discardableResult
    private func change<Result: Sendable>(
        _ numbers: [Int64], _ body: @escaping @Sendable (UnreachedRows, ArraySlice<Int64>) throws -> Result
    ) async throws -> [Result] {
        var results: [Result] = []
        for start in stride(from: 0, to: numbers.count, by: UnreachedRows.batch) {
            try Task.checkCancellation()
            let some = numbers[start..<min(start + UnreachedRows.batch, numbers.count)]
            results.append(
                try await database.write { connection in try body(UnreachedRows(connection: connection), some) })
        }
        return results
    }

    private func mark(_ repository: Int64, in reached: ReachedNumbers) async throws {
        // Not as what is committed: a sweep comes by everything, and leaves what is remembered to those who use it.
        let isWhole = try await database.read { connection in
            let git = try open(connection, repository)
            return try reached.numbers.withLock { numbers in try git.mark(in: &numbers) }
        }
        guard !isWhole else { return }
        // Numbers of objects that may be removed must not be believed when their commits come back.
        try await database.write { connection in try ClosureRows(connection: connection).remove(of: repository) }
        try await keepClosures(of: repository)
    }
}

/// The numbers a sweep has reached so far.
private final class ReachedNumbers: Sendable {
    let numbers = Mutex(NumberSet())
}

/// What the sweeps before wrote down, held against what is reached now.
private struct SweepLedger {
    /// How many objects one sweep writes down or removes; the next goes on.
    private static let limit = 1_000_000

    private var numbers = NumberSet()
    private(set) var count = 0

    /// Objects that are reached again.
    private(set) var again: [Int64] = []

    /// Objects that have been unreached for long enough, in order.
    private(set) var due: [Int64] = []

    init(_ connection: any SQLConnection, reached: NumberSet, until limit: Int64) throws {
        try UnreachedRows(connection: connection).forEach { number, since in
            numbers.insert(number)
            count += 1
            if reached.contains(number) {
                again.append(number)
            } else if since <= limit, due.count < Self.limit {
                due.append(number)
            }
            return true
        }
        due.sort()
    }

    /// Objects as old as `newest` that nothing reaches and that are not written down.
    func unmarked(_ connection: any SQLConnection, reached: NumberSet, through newest: Int64) throws -> [Int64] {
        var found: [Int64] = []
        try connection.forEachRow(of: "SELECT number FROM git_object", []) { row in
            let number = try row.int64(0)
            if number <= newest, !reached.contains(number), !numbers.contains(number) { found.append(number) }
            return found.count < Self.limit
        }
        return found
    }
}
