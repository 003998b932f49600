import Synchronization

/// Counts what several tasks do, and tells it at most ten times a second.
///
/// `handler` is never called by two tasks at once, so what it is told never goes back within a phase, except
/// where a piece must be sent again.
final class ProgressMeter: Sendable {
    private struct State {
        var progress: TransferProgress
        var told: ContinuousClock.Instant?
    }

    private static let pause = Duration.milliseconds(100)

    private let state: Mutex<State>
    private let handler: @Sendable (TransferProgress) -> Void

    init(_ progress: TransferProgress, handler: @escaping @Sendable (TransferProgress) -> Void) {
        state = Mutex(State(progress: progress))
        self.handler = handler
    }

    var progress: TransferProgress { state.withLock { $0.progress } }

    /// Changes the counts; the handler hears of it if it has been quiet long enough.
    func update(_ change: (inout TransferProgress) -> Void) {
        state.withLock { state in
            change(&state.progress)
            let now = ContinuousClock.now
            if let told = state.told, now - told < Self.pause { return }
            state.told = now
            handler(state.progress)
        }
    }

    /// Tells the counts as they are: at the end of a phase, whose last word would otherwise be lost.
    func tell() {
        state.withLock { state in
            state.told = .now
            handler(state.progress)
        }
    }
}
