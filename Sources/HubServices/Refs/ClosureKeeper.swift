import HubGit
import Logging
import ServiceLifecycle

/// Writes down what repositories that have grown reach, beside the requests, so that clones need not walk so far.
package struct ClosureKeeper: Service {
    let git: GitStore
    let logger: Logger

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            for await repository in git.growth.grown {
                do {
                    try await git.keepClosures(of: repository)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning(
                        "What a repository reaches could not be written down",
                        metadata: ["repository": "\(repository)", "error": "\(error)"])
                }
            }
        }
    }
}
