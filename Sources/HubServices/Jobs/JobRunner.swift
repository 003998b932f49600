import HubCore
package import Logging
import Metrics
import ServiceLifecycle

/// Runs queued validations, one at a time, until the hub stops.
///
/// On a graceful stop the job at hand is interrupted and goes back to the queue.
package struct JobRunner: Service {
    let queue: JobQueue
    let signal: JobSignal
    let validation: ValidationService
    let logger: Logger

    /// A job that failed this often is given up, and its report says so.
    static let maximumAttempts = 3

    package init(queue: JobQueue, signal: JobSignal, validation: ValidationService, logger: Logger) {
        self.queue = queue
        self.signal = signal
        self.validation = validation
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    while !Task.isCancelled, let job = try await queue.lease() { await perform(job) }
                    try await signal.wait()
                } catch {
                    guard !Task.isCancelled else { return }
                    logger.error("The job queue cannot be read", metadata: ["error": "\(error)"])
                    _ = try? await Task.sleep(for: .seconds(1))
                }
            }
        }
    }

    private func perform(_ job: JobQueue.Job) async {
        var logger = logger
        logger[metadataKey: "job"] = "\(job.id)"
        logger[metadataKey: "commit"] = "\(job.commit)"
        let started = ContinuousClock.now
        do {
            try await keepingLease(of: job) { try await validation.validate(job) }
            let elapsed = ContinuousClock.now - started
            Counter(label: "hubd_validations_total").increment()
            logger.info("Revision validated", metadata: ["duration": "\(elapsed)"])
        } catch {
            await putBack(job, after: error, logger: logger)
        }
    }

    private func putBack(_ job: JobQueue.Job, after error: any Error, logger: Logger) async {
        let interrupted = Task.isCancelled || error is CancellationError
        // The task may be cancelled already; the queue must hear of it all the same.
        await Task {
            do {
                if interrupted {
                    try await queue.release(job, countsAsAttempt: false)
                } else if job.attempts < Self.maximumAttempts {
                    logger.warning("Validation failed, will be tried again", metadata: ["error": "\(error)"])
                    try await queue.release(job, countsAsAttempt: true)
                } else {
                    logger.error("Validation given up", metadata: ["error": "\(error)"])
                    try await validation.giveUp(job, after: error)
                }
            } catch {
                logger.error("The job could not be put back", metadata: ["error": "\(error)"])
            }
        }.value
    }

    private func keepingLease(
        of job: JobQueue.Job,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await body()
                return true
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: .seconds(JobQueue.leaseSeconds / 3))
                    try await queue.renew(job)
                }
            }
            _ = try await group.next()
            group.cancelAll()
        }
    }
}
