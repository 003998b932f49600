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

    /// Counts an attempt of `key`; throws when it has made too many within the window.
    ///
    /// It is counted before anybody knows what becomes of it, so that many at once are no more than many in a row.
    func claim(_ key: Key) throws(HubError) {
        let instant = now.seconds
        let wait = counts.withLock { counts -> Int64? in
            if counts.count > 10_000 { counts = counts.filter { $0.value.since + window > instant } }
            var count = counts[key] ?? Count(since: instant, attempts: 0)
            if count.since + window <= instant { count = Count(since: instant, attempts: 0) }
            guard count.attempts < limit else { return count.since + window - instant }
            count.attempts += 1
            counts[key] = count
            return nil
        }
        if let wait { throw .tooManyRequests(sentence, retryAfter: Int(wait)) }
    }

    /// Takes an attempt back that was claimed and is not to count.
    func release(_ key: Key) {
        counts.withLock { counts in
            guard var count = counts[key] else { return }
            count.attempts -= 1
            counts[key] = count.attempts > 0 ? count : nil
        }
    }
}
