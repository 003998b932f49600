import HTTPTypes
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct TrafficTests {
    private let rateLimit = HTTPField.Name("RateLimit")
    private let policy = HTTPField.Name("RateLimit-Policy")
    private let forwarded = HTTPField.Name("X-Forwarded-For")

    private func rules(api: Int, trustsProxy: Bool = true) -> TrafficRules {
        var rules = TrafficRules()
        rules.api = api
        rules.windowSeconds = 86_400
        rules.trustsProxy = trustsProxy
        return rules
    }

    @Test func `after the quota an address is told to wait, errors counted`() async throws {
        let test = try await TestHub()
        let responder = buildResponder(test.hub, HubAddressing(), rules(api: 2))
        let from = try #require(forwarded)
        let name = try #require(rateLimit)
        let policy = try #require(policy)
        try await Application(responder: responder).test(.router) { client in
            let first = try await client.execute(
                uri: "/api/models/a/b", method: .get, headers: [from: "192.0.2.7"])
            #expect(first.status == .unauthorized)
            #expect(first.headers[name]?.hasPrefix("\"api\";r=1;t=") == true)
            #expect(first.headers[policy] == "\"fixed window\";\"api\";q=2;w=86400")
            _ = try await client.execute(
                uri: "/api/models", method: .get, headers: [from: "192.0.2.7", .authorization: "Bearer hub_wrong"])
            let third = try await client.execute(uri: "/api/models", method: .get, headers: [from: "192.0.2.7"])
            #expect(third.status == .tooManyRequests)
            #expect(third.headers[name]?.hasPrefix("\"api\";r=0;t=") == true)
            #expect(third.headers[.retryAfter] != nil)
        }
    }

    @Test(arguments: [
        ("192.0.2.7", "192.0.2.8", HTTPResponse.Status.ok), ("2001:db8::1", "2001:db8::2", .tooManyRequests),
        ("2001:db8::1", "2001:db8:0:1::1", .ok), ("9.9.9.9, 192.0.2.7", "8.8.8.8, 192.0.2.7", .tooManyRequests),
        ("::ffff:192.0.2.7", "192.0.2.7", .tooManyRequests), ("127.0.0.1", "127.0.0.1", .ok),
    ])
    func `callers are told apart by what the proxy saw`(
        _ one: String,
        _ other: String,
        _ status: HTTPResponse.Status
    ) async throws {
        let test = try await TestHub()
        let responder = buildResponder(test.hub, HubAddressing(), rules(api: 1))
        let from = try #require(forwarded)
        try await Application(responder: responder).test(.router) { client in
            _ = try await client.execute(uri: "/api/models", method: .get, headers: [from: one])
            let second = try await client.execute(uri: "/api/models", method: .get, headers: [from: other])
            #expect(second.status == status)
        }
    }

    @Test func `an untrusted header changes nothing, and a user is one caller everywhere`() async throws {
        let test = try await TestHub()
        _ = try await test.user("alice")
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .read).text
        let responder = buildResponder(test.hub, HubAddressing(), rules(api: 1, trustsProxy: false))
        let from = try #require(forwarded)
        try await Application(responder: responder).test(.router) { client in
            for (address, status) in [("192.0.2.1", HTTPResponse.Status.ok), ("192.0.2.2", .tooManyRequests)] {
                let anonymous = try await client.execute(uri: "/api/models", method: .get, headers: [from: address])
                #expect(anonymous.status == status)
                let known = try await client.execute(
                    uri: "/api/whoami-v2", method: .get, headers: [from: address, .authorization: "Bearer \(token)"])
                #expect(known.status == status)
            }
        }
    }
}
