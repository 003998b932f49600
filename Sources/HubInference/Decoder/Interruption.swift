import Dispatch
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

    /// Runs `body` on a thread where it may block, and interrupts it when the calling task is cancelled.
    package func run<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                DispatchQueue.global().async { continuation.resume(with: Result { try body() }) }
            }
        } onCancel: {
            cancel()
        }
    }

    /// Whether ``check()`` would throw.
    var isOver: Bool {
        isCancelled.load(ordering: .relaxed) || deadline.map { ContinuousClock.now > $0 } ?? false
    }

    package func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Throws `CancellationError` or ``InferenceError/timeLimit(_:)``.
    package func check() throws {
        if isCancelled.load(ordering: .relaxed) { throw CancellationError() }
        if let deadline, let limit, ContinuousClock.now > deadline { throw InferenceError.timeLimit(limit) }
    }
}
