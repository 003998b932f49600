import Foundation
import HubCore
import HubServices
import HubServicesTestSupport
import Testing

@Suite struct WebhookTests {
    private func watch(
        _ watched: Webhook.Watched,
        by caller: Caller,
        secret: String? = nil,
        _ test: TestHub
    ) async throws -> Webhook {
        var wish = WebhookService.Wish()
        wish.url = "https://example.org/hook"
        wish.watched = [watched]
        wish.secret = secret
        return try await test.hub.webhooks.create(wish, baseURL: "http://hub", by: caller)
    }

    private func log(_ webhook: Webhook, _ caller: Caller, _ test: TestHub) async throws -> [WebhookDelivery] {
        try await test.hub.webhooks.deliveries(to: webhook.id, RowPageRequest(limit: 100), for: caller).items
    }

    private func names(_ receiver: TestReceiver) throws -> [String] {
        try receiver.messages.map { message in
            let body = try JSONSerialization.jsonObject(with: Data(message.body)) as? [String: Any]
            let event = body?["event"] as? [String: String]
            return "\(event?["action"] ?? "") \(event?["scope"] ?? "")"
        }
    }

    @Test func `an event is told once, whoever looks and however often`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let webhook = try await watch(.init(.user, "Alice"), by: alice, test)
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "b"], to: record, by: alice)
        let receiver = TestReceiver()
        try await test.deliver(to: receiver)
        try await test.deliver(to: receiver)
        #expect(try names(receiver) == ["create repo", "update repo.content"])
        #expect(try await log(webhook, alice, test).map(\.state) == [.delivered, .delivered])
    }

    @Test func `what happened before there was a webhook is not told`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/old", by: alice)
        let receiver = TestReceiver()
        try await test.deliver(to: receiver)
        _ = try await watch(.init(.user, "alice"), by: alice, test)
        try await test.deliver(to: receiver)
        #expect(receiver.messages.isEmpty)
    }

    @Test func `the body is signed with the secret and the time`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await watch(.init(.user, "alice"), by: alice, secret: "key", test)
        _ = try await test.repository("alice/model", by: alice)
        let receiver = TestReceiver()
        try await test.deliver(to: receiver)
        let headers = Dictionary(
            uniqueKeysWithValues: try #require(receiver.messages.first).headers.map { ($0.name, $0.value) })
        #expect(headers["X-Webhook-Secret"] == "key")
        #expect(headers["X-Webhook-Timestamp"] == "1700000000")
        #expect(headers["X-Webhook-Signature"]?.hasPrefix("sha256=") == true)
        #expect(headers["X-Webhook-Signature"]?.count == 71)
    }

    @Test func `a message that fails waits longer each time and is given up at last`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let webhook = try await watch(.init(.user, "alice"), by: alice, test)
        _ = try await test.repository("alice/model", by: alice)
        var options = WebhookOptions()
        options.maximumAttempts = 3
        let receiver = TestReceiver(answers: [500, 500, 500, 500])
        try await test.deliver(to: receiver, options)
        try await test.deliver(to: receiver, options)
        #expect(receiver.messages.count == 1)
        test.clock.advance(by: 13)
        try await test.deliver(to: receiver, options)
        #expect(receiver.messages.count == 2)
        test.clock.advance(by: 13)
        try await test.deliver(to: receiver, options)
        #expect(receiver.messages.count == 2)
        test.clock.advance(by: 60)
        try await test.deliver(to: receiver, options)
        #expect(receiver.messages.count == 3)
        let delivery = try #require(try await log(webhook, alice, test).first)
        #expect(delivery.state == .failed)
        #expect(delivery.attempts == 3)
        #expect(delivery.status == 500)
        test.clock.advance(by: 1_000_000)
        try await test.deliver(to: receiver, options)
        #expect(receiver.messages.count == 3)
    }

    @Test func `a webhook that only fails is disabled after a while`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let webhook = try await watch(.init(.user, "alice"), by: alice, test)
        let receiver = TestReceiver(answers: Array(repeating: 503, count: 10))
        _ = try await test.repository("alice/one", by: alice)
        try await test.deliver(to: receiver)
        test.clock.advance(by: 3 * 86_400)
        try await test.deliver(to: receiver)
        let shown = try await test.hub.webhooks.show(webhook.id, for: alice)
        #expect(shown.isDisabled)
        #expect(shown.disabledReason == "nothing could be delivered for 72 hours")
        _ = try await test.repository("alice/two", by: alice)
        try await test.deliver(to: receiver)
        #expect(receiver.messages.count == 2)
    }

    @Test func `who may not read a repository any more is told nothing that waits`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let bob = try await test.user("bob")
        let webhook = try await watch(.init(.model, "alice/model"), by: bob, test)
        _ = try await test.repository("alice/model", by: alice)
        let receiver = TestReceiver(answers: [500])
        try await test.deliver(to: receiver)
        try await test.hub.repositories.setVisibility(
            .private, of: RepositoryID(.model, parsing: "alice/model"), by: alice)
        test.clock.advance(by: 60)
        try await test.deliver(to: receiver)
        #expect(receiver.messages.count == 1)
        let deliveries = try await log(webhook, bob, test)
        #expect(deliveries.map(\.state) == [.dropped])
        #expect(deliveries.map(\.payload) == ["{}"])
    }

    @Test func `the whole life of a repository is told even after its end`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await watch(.init(.org, "alice"), by: alice, test)
        let id = try RepositoryID(.model, parsing: "alice/model")
        _ = try await test.repository("alice/model", visibility: .private, by: alice)
        try await test.hub.repositories.delete(id, by: alice)
        let receiver = TestReceiver()
        try await test.deliver(to: receiver)
        #expect(try names(receiver) == ["create repo", "delete repo"])
    }

    @Test func `a watch goes on when the repository has moved`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await watch(.init(.model, "alice/model"), by: alice, test)
        let record = try await test.repository("alice/model", by: alice)
        try await test.hub.repositories.move(
            record.id, to: RepositoryID(.model, parsing: "alice/moved"), by: alice)
        let receiver = TestReceiver()
        try await test.deliver(to: receiver)
        #expect(try names(receiver) == ["create repo", "move repo"])
    }

    @Test(arguments: [
        ("8.8.8.8", AddressPolicy.Reach.everyone), ("127.0.0.1", .insiders), ("10.1.2.3", .insiders),
        ("172.31.0.1", .insiders), ("172.32.0.1", .everyone), ("192.168.1.1", .insiders), ("100.64.0.1", .insiders),
        ("169.254.169.254", .nobody), ("0.0.0.0", .nobody), ("224.0.0.1", .nobody), ("255.255.255.255", .nobody),
        ("198.18.0.1", .nobody), ("::1", .insiders), ("::", .nobody), ("fe80::1", .nobody), ("fd12::1", .insiders),
        ("fd00:ec2::254", .nobody), ("ff02::1", .nobody), ("2606:4700::1111", .everyone), ("2001:db8::1", .nobody),
        ("::ffff:127.0.0.1", .insiders), ("::ffff:8.8.8.8", .everyone), ("64:ff9b::7f00:1", .insiders),
        ("2002:7f00:1::", .insiders),
    ])
    func `an address is told by who can reach it`(_ address: String, _ reach: AddressPolicy.Reach) throws {
        #expect(AddressPolicy.reach(of: try #require(NetworkAddress.bytes(of: address))) == reach)
    }

    @Test(arguments: [
        "http://127.0.0.1/", "http://[::1]:8080/", "http://10.0.0.1/", "http://169.254.169.254/", "ftp://example.org/",
        "https://user:secret@example.org/", "example.org", "http://", "http://example.org/#x", "file:///etc/passwd",
    ])
    func `a target that cannot be meant is refused at once`(_ url: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        var wish = WebhookService.Wish()
        wish.url = url
        wish.watched = [try .init(.user, "alice")]
        await #expect(throws: HubError.self) {
            try await test.hub.webhooks.create(wish, baseURL: "http://hub", by: alice)
        }
    }
}
