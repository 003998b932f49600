import HTTPTypes
import HubCore
import HubServices
import Hummingbird
import Synchronization

/// Lets requests in as long as their caller has not used up the quota.
struct TrafficGate: Sendable {
    let rules: TrafficRules
    let meter: TrafficMeter
    let now: Now

    init(_ rules: TrafficRules, now: Now = .system) {
        self.rules = rules
        meter = TrafficMeter(rules)
        self.now = now
    }

    /// Counts a request of a user, or of an address if there is none; throws when that is one too many.
    func admit(_ request: Request, of user: Int64?, _ context: HubContext) throws {
        let key = key(of: user, request, context)
        if case .address(let address)? = key { context.traffic.address.withLock { $0 = address } }
        guard let category = TrafficRules.Category(path: request.uri.path), let key,
            let reading = meter.count(category, of: key, at: now.seconds)
        else { return }
        context.traffic.reading.withLock { $0 = reading }
        guard !reading.isOver else {
            throw HubError.tooManyRequests(
                "you have made \(reading.quota) requests in \(reading.window) seconds; go on in \(reading.reset) seconds",
                retryAfter: reading.reset)
        }
    }

    /// Nil for callers that are not counted.
    private func key(of user: Int64?, _ request: Request, _ context: HubContext) -> TrafficMeter.Key? {
        let address = address(of: request, context)
        if let address, NetworkAddress.isLoopback(address), !rules.countsLoopback { return nil }
        if let user { return .user(user) }
        guard let address else { return .unknown }
        return .address(address.count == 16 ? Array(address.prefix(8)) : address)
    }

    /// The last address in `X-Forwarded-For` is the one our own proxy saw.
    private func address(of request: Request, _ context: HubContext) -> [UInt8]? {
        if rules.trustsProxy,
            let forwarded = request.headers[.forwardedFor]?.split(separator: ",").last?
                .trimmingPrefix(while: { $0 == " " }).prefix(while: { $0 != " " }),
            let address = NetworkAddress.bytes(of: String(forwarded))
        {
            return address
        }
        return context.clientAddress.flatMap { NetworkAddress.bytes(of: $0) }
    }
}

/// Where a request's count is left for the headers of its answer.
final class TrafficNote: Sendable {
    /// The network a caller without a token asks from, if such callers are counted.
    let address = Mutex<[UInt8]?>(nil)
    let reading = Mutex<TrafficMeter.Reading?>(nil)
}

/// Counts requests of routes that do not look for a caller.
struct AnonymousTraffic: RouterMiddleware {
    let gate: TrafficGate

    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        try gate.admit(request, of: nil, context)
        return try await next(request, context)
    }
}

/// Tells every counted caller what is left, in the answer's headers, errors included.
struct TrafficHeaders: RouterMiddleware {
    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        if let reading = context.traffic.reading.withLock({ $0 }) {
            response.headers[.rateLimit] = reading.limitText
            response.headers[.rateLimitPolicy] = reading.policyText
        }
        return response
    }
}
