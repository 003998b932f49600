import HTTPTypes
import HubDatabase
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct ErrorAnswerTests {
    private static let errorCode = HTTPField.Name("X-Error-Code")
    private static let requestID = HTTPField.Name("X-Request-Id")

    private func application(_ test: TestHub) -> some ApplicationProtocol {
        Application(responder: buildResponder(test.hub))
    }

    @Test func `a private repository and an absent one get the same answer`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/secret", visibility: .private, by: alice)
        try await application(test).test(.router) { client in
            let secret = try await client.execute(uri: "/api/models/alice/secret", method: .get)
            let absent = try await client.execute(uri: "/api/models/alice/absent", method: .get)
            #expect(secret.status == .unauthorized)
            #expect(secret.status == absent.status)
            let code = try #require(Self.errorCode)
            #expect(secret.headers[code] == "RepoNotFound")
            #expect(secret.headers[code] == absent.headers[code])
            #expect(
                String(buffer: secret.body).replacing("secret", with: "absent") == String(buffer: absent.body))
        }
    }

    @Test func `a full disk is said in words, and that it may work later`() async throws {
        let test = try await TestHub()
        _ = try await test.user("alice")
        let token = try await test.hub.accounts.createToken(for: "alice", name: "test", scope: .write).text
        // Nothing smaller than the database is taken for this: it may not grow any more.
        try await test.database.write { connection in _ = try connection.query("PRAGMA max_page_count = 1") }
        try await application(test).test(.router) { client in
            var answer: TestResponse?
            for number in 0..<500 where answer?.status ?? .ok == .ok {
                answer = try await client.execute(
                    uri: "/api/repos/create", method: .post, headers: [.authorization: "Bearer \(token)"],
                    body: ByteBuffer(string: #"{"name":"model\#(number)"}"#))
            }
            #expect(answer?.status == .serviceUnavailable)
            #expect(answer?.headers[.retryAfter] == "5")
            #expect(answer.map { String(buffer: $0.body).contains("the hub's disk is full; try again") } == true)
        }
    }

    @Test func `a client's request id comes back unchanged`() async throws {
        let test = try await TestHub()
        try await application(test).test(.router) { client in
            let name = try #require(Self.requestID)
            let answer = try await client.execute(uri: "/health", method: .get, headers: [name: "abc-123"])
            #expect(answer.headers[name] == "abc-123")
        }
    }

    @Test func `an unknown token is refused even where anonymous callers may read`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        _ = try await test.repository("alice/open", by: alice)
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/open", method: .get, headers: [.authorization: "Bearer hub_nobody"])
            #expect(answer.status == .unauthorized)
        }
    }

    @Test(arguments: ["%2e%2e/x", "a..b/x", "a/%00", "-a/x", "a/x.git.git"])
    func `a name that cannot be a repository is not found`(_ path: String) async throws {
        let test = try await TestHub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(uri: "/api/models/\(path)", method: .get)
            #expect((400..<500).contains(answer.status.code))
        }
    }

    @Test func `a body that is not JSON is refused with a sentence`() async throws {
        let test = try await TestHub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/repos/create", method: .post, body: ByteBuffer(string: "{\"name\": 7}"))
            #expect(answer.status == .badRequest)
            #expect(String(buffer: answer.body).contains("name"))
        }
    }

    @Test(
        arguments: [
            ("/api/models?author=a%00", nil, 400), ("/api/repos/create", #"{"name": "a\u0000b"}"#, 400),
            ("/api/repos/create", #"{"name": "a\\u0000b"}"#, 401),
        ] as [(String, String?, Int)])
    func `a zero byte is refused where it would be kept`(_ path: String, _ body: String?, _ status: Int) async throws {
        let test = try await TestHub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: path, method: body == nil ? .get : .post, body: body.map { ByteBuffer(string: $0) })
            #expect(answer.status.code == status)
        }
    }
}
