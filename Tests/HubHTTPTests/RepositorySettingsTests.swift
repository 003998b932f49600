import HTTPTypes
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct RepositorySettingsTests {
    /// Sends a body to the settings of a public repository; the status, and whether it is private afterwards.
    private func change(
        _ body: String, to path: String = "/api/models/alice/model/settings", _ method: HTTPRequest.Method = .put
    ) async throws -> (status: HTTPResponse.Status, isPrivate: Bool) {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .write).text
        return try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(
                uri: path, method: method, headers: [.authorization: "Bearer \(token)"], body: ByteBuffer(string: body))
            let now = try await test.hub.access.repository(record.id, for: alice, as: .read)
            return (answer.status, now.visibility == .private)
        }
    }

    @Test(arguments: [
        (#"{"private": true}"#, true), (#"{"private": false}"#, false), (#"{"visibility": "private"}"#, true),
        (#"{"visibility": "private", "private": true}"#, true), (#"{"visibility": "public", "private": false}"#, false),
        (#"{"private": true, "gated": "auto"}"#, true), (#"{"private": null, "visibility": "private"}"#, true),
    ])
    func `either spelling of the visibility is understood`(_ body: String, _ isPrivate: Bool) async throws {
        let changed = try await change(body)
        #expect(changed.status == .ok)
        #expect(changed.isPrivate == isPrivate)
    }

    @Test(arguments: [
        #"{"private": true, "visibility": "public"}"#, #"{"private": false, "visibility": "private"}"#,
        #"{"visibility": "hidden"}"#, #"{"private": "yes"}"#, #"{"private": 1}"#, "{}", #"{"secret": true}"#,
        #"{"private": null}"#,
    ])
    func `what is unknown or contradicts itself changes nothing`(_ body: String) async throws {
        let changed = try await change(body)
        #expect(changed.status == .badRequest)
        #expect(!changed.isPrivate)
    }

    @Test func `a repository is not made from words that contradict each other`() async throws {
        let body = #"{"name": "other", "private": true, "visibility": "public"}"#
        #expect(try await change(body, to: "/api/repos/create", .post).status == .badRequest)
    }
}
