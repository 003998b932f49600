import Synchronization

/// Tells which repositories have grown so much that what their clones need should be written down anew.
///
/// Nothing is lost with it: the next clone that has to walk far says so again.
package final class RepositoryGrowth: Sendable {
    /// The repositories, each once until it has grown again.
    package let grown: AsyncStream<Int64>

    private let continuation: AsyncStream<Int64>.Continuation
    private let counts = Mutex<[Int64: Int]>([:])

    /// Repositories that are counted, or wait, at the same time.
    private static let limit = 1000

    init() {
        (grown, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(Self.limit))
    }

    /// Counts objects that are new in a repository, or that were looked for once more.
    package func note(_ repository: Int64, objects: Int) {
        let isDue = counts.withLock { counts in
            if counts.count >= Self.limit, counts[repository] == nil { counts.removeAll() }
            let count = counts[repository, default: 0] + objects
            counts[repository] = count < GitRepository.closureStep ? count : nil
            return count >= GitRepository.closureStep
        }
        if isDue { continuation.yield(repository) }
    }
}
