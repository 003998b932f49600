import HubChunks
import Logging
import ServiceLifecycle

/// Removes content that nobody names and nobody holds a lease on, once an hour.
package struct Sweeper: Service {
    let content: ContentStore
    let graceSeconds: Int
    let logger: Logger

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do {
                    try await Task.sleep(for: .seconds(3600))
                    let result = try await content.sweep(grace: graceSeconds)
                    logger.info("Swept", metadata: ["result": "\(result)"])
                } catch is CancellationError {
                    return
                } catch {
                    logger.error("The sweep failed and will be tried again", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
