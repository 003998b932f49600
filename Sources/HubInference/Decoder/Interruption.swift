import Synchronization

/// Ends a computation that was cancelled or takes too long.
package final class Interruption: Sendable {
    private let isCancelled = Atomic<Bool>(false)
    private let limit: Duration?
    private let deadline: ContinuousClock.Instant?

    /// Runs out `limit` from now; nil for never.
    package init(after limit: Duration? = nil) {
        self.limit = limit
        deadline = limit.map { ContinuousClock.now + $0 }
    }

    package func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Throws `CancellationError` or ``InferenceError/timeLimit(_:)``.
    func check() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        if let deadline, let limit, ContinuousClock.now > deadline { throw InferenceError.timeLimit(limit) }
    }
}
