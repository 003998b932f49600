/// How often, and after what pause, a call that may be repeated is repeated.
package struct RetryPolicy: Sendable, Equatable {
    /// All attempts, the first included.
    package var attempts: Int

    /// The longest pause before the second attempt; it triples with each further one.
    package var firstPause: Duration
    package var longestPause: Duration

    package init(attempts: Int, firstPause: Duration, longestPause: Duration) {
        self.attempts = attempts
        self.firstPause = firstPause
        self.longestPause = longestPause
    }

    /// For calls a person waits for: gives up within two seconds.
    package static let interactive = RetryPolicy(attempts: 3, firstPause: .milliseconds(300), longestPause: .seconds(1))

    /// For transfers: outlasts a restart of the hub, about half a minute.
    package static let transfer = RetryPolicy(attempts: 7, firstPause: .milliseconds(500), longestPause: .seconds(15))

    /// The pause after `attempt` (1 is the first) failed, or nil when there shall be no other.
    ///
    /// `fraction` in 0…1 spreads clients that failed together; at least half of the pause is kept. What the hub
    /// asked for (`Retry-After`) is honoured if it is longer, up to a minute.
    package func pause(afterAttempt attempt: Int, fraction: Double, asked: Duration? = nil) -> Duration? {
        guard attempt < attempts else { return nil }
        var pause = firstPause
        for _ in 1..<max(attempt, 1) where pause < longestPause { pause = pause * 3 }
        pause = min(pause, longestPause) * (0.5 + 0.5 * fraction)
        return max(pause, min(asked ?? .zero, .seconds(60)))
    }

    /// Whether an answer with this status may become another one by asking again.
    package static func isPassing(status: Int) -> Bool {
        switch status {
        case 408, 429, 500, 502, 503, 504: true
        default: false
        }
    }
}
