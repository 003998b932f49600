import HTTPTypes
import HubCore
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct MovedRepositoryAnswerTests {
    @Test(arguments: [
        ("/api/models/alice/old", "/api/models/alice/new"),
        ("/api/models/Alice/OLD/tree/main?recursive=true", "/api/models/alice/new/tree/main?recursive=true"),
        ("/alice/old/resolve/main/a%20b", "/alice/new/resolve/main/a%20b"),
        ("//alice/old/resolve/main/a", "/alice/new/resolve/main/a"),
        ("/alice/old.git/info/refs?service=git-upload-pack", "/alice/new.git/info/refs?service=git-upload-pack"),
    ])
    func `a request by the old name is sent on to the same place of the new one`(
        _ path: String,
        _ location: String
    ) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/old", by: alice)
        try await test.hub.repositories.move(
            RepositoryID(.model, parsing: "alice/old"), to: RepositoryID(.model, parsing: "alice/new"), by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .get)
            #expect(answer.status == .temporaryRedirect)
            #expect(answer.headers[.location] == location)
        }
    }

    @Test func `an error to a HEAD request has no body`() async throws {
        let test = try await TestHub()
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: "/alice/none/resolve/main/x", method: .head)
            #expect(answer.status == .unauthorized)
            #expect(answer.body.readableBytes == 0)
        }
    }
}
