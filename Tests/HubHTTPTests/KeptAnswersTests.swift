import HTTPTypes
import HubCore
import HubDatabase
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

/// Answers may be kept; none may outlive what it was made of.
@Suite struct KeptAnswersTests {
    private static let path = "/api/models/alice/tiny"

    private func withHub(
        _ body:
            @escaping @Sendable (TestHub, any TestClientProtocol, Caller, RepositoryRecord, CommitID) async throws ->
            Void
    ) async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/tiny", by: alice)
        let commit = try await test.push(["README.md": "---\nlicense: mit\n---\n"], to: record, by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            try await body(test, client, alice, record, commit)
        }
    }

    @Test func `the same question has the same answer, under another request id`() async throws {
        try await withHub { _, client, _, _, commit in
            let one = try await client.execute(uri: Self.path, method: .get)
            let two = try await client.execute(uri: Self.path, method: .get)
            #expect(String(buffer: one.body).contains(commit.hex))
            #expect(String(buffer: one.body) == String(buffer: two.body))
            let id = try #require(HTTPField.Name("X-Request-Id"))
            #expect(one.headers[id] != two.headers[id])
        }
    }

    @Test func `a branch that moved is seen at once`() async throws {
        try await withHub { test, client, alice, record, commit in
            _ = try await client.execute(uri: Self.path, method: .get)
            _ = try await client.execute(uri: "/alice/tiny/resolve/main/README.md", method: .head)
            let next = try await test.push(["README.md": "new"], to: record, onto: commit, by: alice)
            let shown = try await client.execute(uri: Self.path, method: .get)
            #expect(String(buffer: shown.body).contains(next.hex))
            let head = try await client.execute(uri: "/alice/tiny/resolve/main/README.md", method: .head)
            let name = try #require(HTTPField.Name("X-Repo-Commit"))
            #expect(head.headers[name] == next.hex)
        }
    }

    @Test func `a repository that was hidden is hidden at once, and from everybody else`() async throws {
        try await withHub { test, client, alice, record, _ in
            let token = try await test.hub.accounts.createToken(for: "alice", name: "x", scope: .read)
            let authorized: HTTPFields = [.authorization: "Bearer \(token.text)"]
            #expect(try await client.execute(uri: Self.path, method: .get).status == .ok)
            try await test.hub.repositories.setVisibility(.private, of: record.id, by: alice)
            #expect(try await client.execute(uri: Self.path, method: .get, headers: authorized).status == .ok)
            #expect(try await client.execute(uri: Self.path, method: .get).status == .unauthorized)
            let list = try await client.execute(uri: "/api/models", method: .get)
            #expect(String(buffer: list.body) == "[]")
        }
    }

    @Test func `a token that expired is refused at once`() async throws {
        try await withHub { test, client, _, _, _ in
            let token = try await test.hub.accounts.createToken(for: "alice", name: "x", scope: .read, lifetime: 60)
            let authorized: HTTPFields = [.authorization: "Bearer \(token.text)"]
            #expect(try await client.execute(uri: Self.path, method: .get, headers: authorized).status == .ok)
            test.clock.advance(by: 61)
            #expect(try await client.execute(uri: Self.path, method: .get, headers: authorized).status == .unauthorized)
        }
    }

    @Test func `a token that was taken away is refused at once`() async throws {
        try await withHub { test, client, _, _, _ in
            let token = try await test.hub.accounts.createToken(for: "alice", name: "doomed", scope: .read)
            let authorized: HTTPFields = [.authorization: "Bearer \(token.text)"]
            #expect(try await client.execute(uri: Self.path, method: .get, headers: authorized).status == .ok)
            try await test.database.write { connection in
                try connection.execute("DELETE FROM access_token WHERE name = 'doomed'")
            }
            #expect(try await client.execute(uri: Self.path, method: .get, headers: authorized).status == .unauthorized)
        }
    }

    @Test func `a range of a question is another question`() async throws {
        try await withHub { _, client, _, _, _ in
            let path = "/alice/tiny/resolve/main/README.md"
            let whole = try await client.execute(uri: path, method: .head)
            let part = try await client.execute(uri: path, method: .head, headers: [.range: "bytes=0-1"])
            #expect((whole.status, part.status) == (.ok, .partialContent))
        }
    }

    @Test func `the next page is a whole URL that asks the same question`() async throws {
        try await withHub { test, client, alice, _, _ in
            _ = try await test.repository("alice/other", by: alice)
            let answer = try await client.execute(
                uri: "/api/models?author=alice&limit=1&expand%5B%5D=sha&search=ti+ny", method: .get,
                headers: [:])
            #expect(String(buffer: answer.body).contains("alice/tiny"))
            let all = try await client.execute(uri: "/api/models?author=alice&limit=1&expand=sha", method: .get)
            let name = try #require(HTTPField.Name("Link"))
            let link = try #require(all.headers[name])
            #expect(link.contains("/api/models?author=alice&limit=1&expand=sha&cursor="))
        }
    }
}
