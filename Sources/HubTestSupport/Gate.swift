import Dispatch

/// Holds blocked threads until a test lets them go.
package final class Gate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    /// Blocks the thread until ``open()``, and at most ten seconds: a failed test must end.
    package func wait() {
        _ = semaphore.wait(timeout: .now() + 10)
        semaphore.signal()
    }

    package func open() { semaphore.signal() }
}
