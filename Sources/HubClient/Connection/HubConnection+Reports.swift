package import HubAPI
package import HubCore

extension HubConnection {
    /// The longest the hub is asked to hold one request open.
    private static let longestWait = 20

    /// What validation says about `revision`.
    ///
    /// With `wait`, asks until the report is done or the time is over; then it returns the unfinished report.
    package func report(
        of repository: RepositoryID, at revision: String, wait: Duration? = nil
    ) async throws -> ReportBody {
        let clock = ContinuousClock()
        let end = clock.now + (wait ?? .zero)
        while true {
            let started = clock.now
            let seconds = min(Int((end - started).components.seconds), Self.longestWait)
            let query = seconds > 0 ? [(name: "wait", value: "\(seconds)")] : []
            let report: ReportBody = try await get(route(repository) + ["report", revision], query: query)
            guard report.state != .done, clock.now < end else { return report }
            // A hub that does not hold the request is not asked more than twice a second.
            if clock.now - started < .milliseconds(500) { try await Task.sleep(for: .milliseconds(500)) }
        }
    }
}
