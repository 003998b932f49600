import HubChunks
import Logging
import ServiceLifecycle

/// Removes content that nobody names and nobody holds a lease on, once an hour; before, what uploads left unfinished and
/// attached files no comment shows.
package struct Sweeper: Service {
    let content: ContentStore
    let parts: PartLedger
    let attachments: AttachmentService
    let graceSeconds: Int
    let logger: Logger

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: .seconds(3600))
                    let forgotten = try await forgetParts()
                    let attached = try await attachments.sweep()
                    let result = try await content.sweep(grace: graceSeconds)
                    logger.info(
                        "Swept",
                        metadata: ["result": "\(result)", "parts": "\(forgotten)", "attached": "\(attached)"])
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("The sweep failed and will be tried again", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    /// Forgets parts of large files that nobody made a file of in time, and returns how many.
    package func forgetParts() async throws -> Int { try await parts.sweep() }
}
