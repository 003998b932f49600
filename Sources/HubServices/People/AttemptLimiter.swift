import HubCore
import Synchronization

/// Counts failed attempts per user and stops those who guess.
final class AttemptLimiter: Sendable {
    private struct Count {
        var since: Int64
        var failures: Int
    }

    private let limit: Int
    private let window: Int64
    private let now: Now
    private let counts = Mutex<[Int64: Count]>([:])

    init(limit: Int, window: Int64, now: Now) {
        self.limit = limit
        self.window = window
        self.now = now
    }

    /// Throws when the user has failed too often within the window.
    func require(_ user: Int64) throws(HubError) {
        let instant = now.seconds
        let count = counts.withLock { $0[user] }
        guard let count, count.since + window > instant, count.failures >= limit else { return }
        throw .tooManyRequests("too many wrong codes; wait a while", retryAfter: Int(count.since + window - instant))
    }

    func note(_ user: Int64) {
        let instant = now.seconds
        counts.withLock { counts in
            if counts.count > 10_000 { counts = counts.filter { $0.value.since + window > instant } }
            var count = counts[user] ?? Count(since: instant, failures: 0)
            if count.since + window <= instant { count = Count(since: instant, failures: 0) }
            count.failures += 1
            counts[user] = count
        }
    }
}
