import HubChunks
import HubGit
import Logging
import ServiceLifecycle

/// Removes what nobody uses any more, beside the requests.
///
/// Once an hour: what uploads left unfinished, attached files no comment shows, then content that nobody names and nobody
/// holds a lease on. Once a day, or as often as things are removed if that is more often: git objects that no ref reaches.
package struct Sweeper: Service {
    let content: ContentStore
    let git: GitStore
    let parts: PartLedger
    let attachments: AttachmentService
    let graceSeconds: Int
    let now: Now
    let logger: Logger

    private static let hour = 3600

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            let objectHours = min(24, max(graceSeconds / Self.hour, 1))
            var hours = 0
            while !Task.isCancelled {
                try? await Task.sleep(for: .seconds(Self.hour))
                await attempt("content", sweepContent)
                if hours.isMultiple(of: objectHours) { await attempt("git objects", sweepObjects) }
                hours += 1
            }
        }
    }

    private func attempt(_ what: String, _ sweep: () async throws -> Void) async {
        guard !Task.isCancelled else { return }
        do {
            try await sweep()
        } catch is CancellationError {
            return
        } catch {
            logger.error("The sweep of \(what) failed and will be tried again", metadata: ["error": "\(error)"])
        }
    }

    private func sweepContent() async throws {
        let forgotten = try await forgetParts()
        let attached = try await attachments.sweep()
        let result = try await content.sweep(grace: graceSeconds)
        logger.info(
            "Swept", metadata: ["result": "\(result)", "parts": "\(forgotten)", "attached": "\(attached)"])
    }

    /// Removes git objects that no ref has reached for the grace period.
    package func sweepObjects() async throws {
        let result = try await git.sweep(grace: Int64(graceSeconds), now: now.seconds)
        logger.info(
            "Swept git objects",
            metadata: ["waiting": "\(result.waiting)", "removed": "\(result.removed)", "bytes": "\(result.bytes)"])
    }

    /// Forgets parts of large files that nobody made a file of in time, and returns how many.
    package func forgetParts() async throws -> Int { try await parts.sweep() }
}
