import HubCore
import Synchronization

/// Counts attempts of each of many and stops those who make too many.
final class AttemptLimiter<Key: Hashable & Sendable>: Sendable {
    private struct Count {
        var since: Int64
        var attempts: Int
    }

    private let limit: Int
    private let window: Int64
    private let sentence: String
    private let now: Now
    private let counts = Mutex<[Key: Count]>([:])

    /// - Parameter sentence: What is told to who is stopped.
    init(limit: Int, window: Int64, sentence: String, now: Now) {
        self.sentence = sentence
        self.limit = limit
        self.window = window
        self.now = now
    }

    /// Throws when `key` has tried too often within the window.
    func require(_ key: Key) throws(HubError) {
        let instant = now.seconds
        let count = counts.withLock { $0[key] }
        guard let count, count.since + window > instant, count.attempts >= limit else { return }
        throw .tooManyRequests(sentence, retryAfter: Int(count.since + window - instant))
    }

    func note(_ key: Key) {
        let instant = now.seconds
        counts.withLock { counts in
            if counts.count > 10_000 { counts = counts.filter { $0.value.since + window > instant } }
            var count = counts[key] ?? Count(since: instant, attempts: 0)
            if count.since + window <= instant { count = Count(since: instant, attempts: 0) }
            count.attempts += 1
            counts[key] = count
        }
    }
}
