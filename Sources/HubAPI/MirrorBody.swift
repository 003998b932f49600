/// Answer of `GET /api/models/OWNER/NAME/mirror`.
package struct MirrorBody: Codable, Sendable {
    /// What the repository follows.
    package var upstream: String
    package var everySeconds: Int64
    package var state: State

    /// Runs that failed since the last that went well.
    package var failures: Int64
    package var lastRun: String?
    package var lastSuccess: String?
    package var nextRun: String?

    /// What came of the last run; of a failure only those hear who may write.
    package var message: String?

    package enum State: String, Codable, Sendable, CaseIterable {
        case waiting, running
    }

    package init(
        upstream: String, everySeconds: Int64, state: State, failures: Int64, lastRun: String?, lastSuccess: String?,
        nextRun: String?, message: String?
    ) {
        self.upstream = upstream
        self.everySeconds = everySeconds
        self.state = state
        self.failures = failures
        self.lastRun = lastRun
        self.lastSuccess = lastSuccess
        self.nextRun = nextRun
        self.message = message
    }
}
