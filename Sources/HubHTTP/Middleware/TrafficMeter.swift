import Synchronization

/// Counts requests per caller in fixed windows.
///
/// All windows begin together, so that memory is given back with each; a window remembers a limited number of callers,
/// and those beyond share one count of ten times the quota.
final class TrafficMeter: Sendable {
    enum Key: Hashable, Sendable {
        case user(Int64)

        /// An IPv4 address, or the first half of an IPv6 address.
        case address([UInt8])
        case unknown
    }

    /// Where a caller stands after a request.
    struct Reading: Sendable, Equatable {
        let category: TrafficRules.Category
        let quota: Int
        let window: Int
        let remaining: Int

        /// Seconds until counting begins anew.
        let reset: Int
        let isOver: Bool

        var limitText: String { "\"\(category.rawValue)\";r=\(remaining);t=\(reset)" }
        var policyText: String { "\"fixed window\";\"\(category.rawValue)\";q=\(quota);w=\(window)" }
    }

    private struct Caller: Hashable {
        let category: TrafficRules.Category
        let key: Key
    }

    private struct State {
        var window: Int64 = -1
        var counts: [Caller: Int] = [:]
        var overflow = 0
    }

    private let rules: TrafficRules
    private let callerLimit: Int
    private let state = Mutex(State())

    init(_ rules: TrafficRules, callerLimit: Int = 100_000) {
        self.rules = rules
        self.callerLimit = callerLimit
    }

    /// Counts one request; nil if there is no quota.
    func count(_ category: TrafficRules.Category, of key: Key, at seconds: Int64) -> Reading? {
        let quota = rules.quota(of: category)
        guard quota > 0 else { return nil }
        let window = seconds / Int64(rules.windowSeconds)
        let (used, allowed) = state.withLock { state in
            if state.window != window { state = State(window: window) }
            let caller = Caller(category: category, key: key)
            guard state.counts[caller] != nil || state.counts.count < callerLimit else {
                state.overflow += 1
                return (state.overflow, quota * 10)
            }
            let used = (state.counts[caller] ?? 0) + 1
            state.counts[caller] = used
            return (used, quota)
        }
        let reset = Int((window + 1) * Int64(rules.windowSeconds) - seconds)
        return Reading(
            category: category, quota: quota, window: rules.windowSeconds, remaining: max(0, allowed - used),
            reset: reset, isOver: used > allowed)
    }
}
