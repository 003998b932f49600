import HubChunks
import HubCore
import HubDatabase
import HubGit
import Logging
import ServiceLifecycle

/// Pulls mirrors that are due, one after the other, until the hub stops.
///
/// A run that is cut off by the end of the hub is made again at the next start.
package struct MirrorRunner: Service {
    private let pull: MirrorPull
    private let database: any SQLDatabase
    private let options: MirrorOptions
    private let now: Now
    private let logger: Logger

    /// Seconds a run may be late in telling that it has ended.
    private static let leaseMargin: Int64 = 60

    init(pull: MirrorPull, options: MirrorOptions, now: Now, logger: Logger) {
        self.pull = pull
        database = pull.database
        self.options = options
        self.now = now
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while try await runNext() != nil { try Task.checkCancellation() }
                    try await Task.sleep(for: .seconds(1))
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.error("Mirrors cannot be run", metadata: ["error": "\(error)"])
                    _ = try? await Task.sleep(for: .seconds(5))
                }
            }
        }
    }

    /// Forgets runs that ended with the process they ran in.
    package func reclaimAll() async throws {
        try await database.write { connection in try connection.execute("UPDATE mirror SET lease_until = 0") }
    }

    /// Runs the mirror that has waited longest; nil if none is due.
    ///
    /// - Returns: What came of it, and whether it went well.
    @discardableResult
    package func runNext() async throws -> (result: String, isGood: Bool)? {
        guard let mirror = try await lease() else { return nil }
        var outcome: (result: String, isGood: Bool)
        do {
            outcome = (try await withTimeout { try await pull.run(mirror) }, true)
        } catch let error as HubError {
            outcome = (Self.sentence(error), false)
        } catch {
            outcome = ("Internal error; the hub's log says more.", false)
            if !Task.isCancelled {
                logger.error(
                    "A mirror failed", metadata: ["repo": "\(mirror.repository.id)", "error": "\(error)"])
            }
        }
        let isCutOff = Task.isCancelled && !outcome.isGood
        // Told in a task of its own: this one may have been cancelled.
        try await Task { [outcome] in
            try await isCutOff ? release(mirror) : finish(mirror, outcome.result, isGood: outcome.isGood)
        }.value
        guard !isCutOff else { throw CancellationError() }
        logger.info(
            "Mirror run", metadata: ["repo": "\(mirror.repository.id)", "result": "\(outcome.result)"])
        return outcome
    }

    private func lease() async throws -> Mirror? {
        let instant = now.seconds
        let end = instant + Int64(options.timeoutSeconds) + Self.leaseMargin
        return try await database.write { connection in
            guard let mirror = try Mirror.due(at: instant, in: connection) else { return nil }
            try connection.execute(
                "UPDATE mirror SET lease_until = ? WHERE repository_id = ?", [end, mirror.repository.rowID])
            return mirror
        }
    }

    private func release(_ mirror: Mirror) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE mirror SET lease_until = 0 WHERE repository_id = ?", [mirror.repository.rowID])
        }
    }

    private func finish(_ mirror: Mirror, _ result: String, isGood: Bool) async throws {
        let instant = now.seconds
        let failures = isGood ? 0 : mirror.failures + 1
        let next = instant + Mirror.delay(every: mirror.everySeconds, afterFailures: failures)
        try await database.write { connection in
            try connection.execute(
                """
                UPDATE mirror SET lease_until = 0, runs = runs + 1, failures = ?, next_run_at = ?, last_run_at = ?,
                    last_success_at = CASE WHEN ? THEN ? ELSE last_success_at END, last_result = ?
                WHERE repository_id = ?
                """,
                [
                    failures, next, instant, isGood, instant, String(result.prefix(1000)), mirror.repository.rowID,
                ])
        }
    }

    private func withTimeout<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        let seconds = options.timeoutSeconds
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw HubError.unavailable("The run took longer than \(seconds) seconds and was ended.")
            }
            defer { group.cancelAll() }
            guard let result = try await group.next() else { throw CancellationError() }
            return result
        }
    }

    private static func sentence(_ error: HubError) -> String {
        switch error {
        case .refused(let findings):
            findings.first { $0.severity == .error }?.description ?? "The hub's checks refuse what the upstream has."
        default: error.description
        }
    }
}
