import Foundation
import HTTPTypes
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct DiscussionRouteTests {
    @Test(arguments: [
        ("", #"{"title": 3}"#, 400), ("", #"{"description": "x"}"#, 400), ("", #"{"title": "  a "}"#, 400),
        ("", #"{"title": "From here", "pullRequest": true, "sourceRepository": "alice/model"}"#, 400),
        ("", #"{"title": "From there", "pullRequest": true, "source": "main", "sourceRepository": "a/b"}"#, 404),
        ("", #"{"title": "From there", "pullRequest": true, "source": "nowhere"}"#, 404),
        ("", #"{"title": "Onto that", "pullRequest": true, "base": "nowhere"}"#, 404),
        ("/1/comment", #"{"comment": "  "}"#, 400), ("/1/comment", "{", 400), ("/9/comment", #"{"comment": "x"}"#, 404),
        ("/x/comment", #"{"comment": "x"}"#, 404), ("/-1/comment", #"{"comment": "x"}"#, 404),
        ("/99999999999999999999/comment", #"{"comment": "x"}"#, 404),
        ("/1/comment/abc/edit", #"{"content": "x"}"#, 404), ("/1/comment/abc/hide", "", 404),
        ("/1/title", #"{"title": "x"}"#, 400), ("/1/status", #"{"status": "merged"}"#, 400),
        ("/1/status", #"{"status": "open"}"#, 409), ("/1/merge", "", 400), ("/2/merge", "", 409),
        ("/2/merge", #"{"strategy": "by luck"}"#, 409),
    ])
    func `wrong input is answered with a sentence`(_ path: String, _ body: String, _ status: Int) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let token = try await test.hub.accounts.createToken(for: "alice", name: "other", scope: .write).text
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "1"], to: record, by: alice)
        _ = try await test.hub.discussions.create("Hello", description: "x", in: record.id, by: alice)
        _ = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/discussions\(path)", method: .post,
                headers: [.authorization: "Bearer \(token)", .contentLength: "\(body.utf8.count)"],
                body: ByteBuffer(string: body))
            #expect(answer.status.code == status, "\(String(buffer: answer.body))")
            #expect(String(buffer: answer.body).contains("\"error\""))
        }
    }

    @Test(arguments: ["type=both", "status=merged", "p=x"])
    func `a filter that is none is refused`(_ query: String) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/model", by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/discussions?\(query)", method: .get)
            #expect(answer.status == .badRequest)
        }
    }

    @Test func `two answers about an unchanged discussion are the same to the byte`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a": "1"], to: record, by: alice)
        _ = try await test.hub.pullRequests.open(
            .init(title: "A change", description: "x", isDraft: true), in: record.id, by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let path = "/api/models/alice/model/discussions/1?diff=1"
            let first = try await client.execute(uri: path, method: .get)
            test.clock.advance(by: 100)
            let second = try await client.execute(uri: path, method: .get)
            #expect(first.status == .ok)
            #expect(first.body == second.body)
        }
    }
}
