import HTTPTypes
import HubCore
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct CommitRouteTests {
    private func application(_ test: TestHub) -> some ApplicationProtocol {
        Application(responder: buildResponder(test.hub))
    }

    /// A hub where alice has `alice/model`, and her token.
    private func hub() async throws -> (test: TestHub, record: RepositoryRecord, headers: HTTPFields) {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/model", by: alice)
        try await test.push(["a.txt": "a", "d/b.txt": "b"], to: record, by: alice)
        let token = try await test.hub.accounts.createToken(for: "alice", name: "http", scope: .write)
        return (test, record, [.authorization: "Bearer \(token.text)"])
    }

    @Test func `a commit is read line by line, whatever the pieces it comes in`() async throws {
        let (test, record, headers) = try await hub()
        let lines = [
            #"{"key":"header","value":{"summary":"two","description":"more"}}"#, "",
            #"{"key":"file","value":{"path":"c.txt","content":"Yw==","encoding":"base64"}}"#,
            #"{"key":"deletedFolder","value":{"path":"d/"}}"#,
        ].joined(separator: "\r\n")
        try await application(test).test(.live) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/commit/main", method: .post, headers: headers,
                body: ByteBuffer(string: lines))
            #expect(answer.status == .ok, "\(String(buffer: answer.body))")
            #expect(String(buffer: answer.body).contains("/alice/model/commit/"))
        }
        let head = try await test.hub.revisions.require("main", in: record)
        #expect(try await test.hub.revisions.files(at: head, in: record).map(\.path) == ["a.txt", "c.txt"])
    }

    @Test func `a title is escaped for HTML, whatever mark stands at its brackets`() async throws {
        let (test, _, headers) = try await hub()
        let lines = [
            #"{"key":"header","value":{"summary":"\u0600<script\u0301>"}}"#,
            #"{"key":"file","value":{"path":"c.txt","content":"Yw==","encoding":"base64"}}"#,
        ].joined(separator: "\n")
        try await application(test).test(.router) { client in
            let made = try await client.execute(
                uri: "/api/models/alice/model/commit/main", method: .post, headers: headers,
                body: ByteBuffer(string: lines))
            #expect(made.status == .ok)
            let answer = try await client.execute(
                uri: "/api/models/alice/model/commits/main?expand[]=formatted", method: .get)
            let bytes = Array(answer.body.readableBytesView)
            #expect(bytes.firstRange(of: Array("&lt;script".utf8)) != nil)
            #expect(bytes.firstRange(of: Array("&gt;".utf8)) != nil)
        }
    }

    @Test func `a list asked for by very many tags is refused`() async throws {
        let (test, _, _) = try await hub()
        try await application(test).test(.router) { client in
            let tags = Array(repeating: "a", count: 1500).joined(separator: ",")
            let answer = try await client.execute(uri: "/api/models?filter=\(tags)", method: .get)
            #expect(answer.status == .badRequest)
        }
    }

    @Test func `one batch cannot ask for links without end`() async throws {
        let (test, _, headers) = try await hub()
        let objects = (0..<100).map { number in
            #"{"oid":"\#(String(repeating: "0", count: 61))\#(100 + number)","size":1099511627776}"#
        }.joined(separator: ",")
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: "/alice/model.git/info/lfs/objects/batch", method: .post, headers: headers,
                body: ByteBuffer(string: #"{"operation":"upload","transfers":["multipart"],"objects":[\#(objects)]}"#))
            #expect(answer.status == .ok)
            #expect(String(buffer: answer.body).contains("several batches"))
            #expect(answer.body.readableBytes < 8 << 20)
        }
    }

    @Test(arguments: ["preupload", "commit"])
    func `who may only read may neither prepare nor make a commit`(_ route: String) async throws {
        let (test, _, _) = try await hub()
        let bob = try await test.user("bob")
        _ = bob
        let token = try await test.hub.accounts.createToken(for: "bob", name: "http", scope: .write)
        try await application(test).test(.router) { client in
            let path = "/api/models/alice/model/\(route)/main"
            let stranger = try await client.execute(uri: path, method: .post, body: ByteBuffer(string: "{}"))
            #expect(stranger.status == .unauthorized)
            let reader = try await client.execute(
                uri: path, method: .post, headers: [.authorization: "Bearer \(token.text)"],
                body: ByteBuffer(string: "{}"))
            #expect(reader.status == .forbidden)
        }
    }

    @Test(arguments: [
        (#"{"files":[{"path":"x","size":-1}]}"#, 400), (#"{"files":[{"path":"x","size":1,"sample":"%"}]}"#, 400),
        (#"{"files":[{"path":"../x","size":1}]}"#, 400), (#"{"files":[{"path":"..\\x","size":1}]}"#, 422),
        (#"{"files":[]}"#, 200), (#"{"files":{}}"#, 400),
    ])
    func `a preupload is answered or refused`(_ body: String, _ status: Int) async throws {
        let (test, _, headers) = try await hub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/preupload/main", method: .post, headers: headers,
                body: ByteBuffer(string: body))
            #expect(answer.status.code == status)
        }
    }

    @Test(arguments: [
        ("/alice/model/resolve/main/nope", 404), ("/alice/model/resolve/main/a.txt", 200),
        ("/alice/none/resolve/main/a", 401),
        ("/alice/model/raw/main/a.txt", 200), ("/api/models/alice/model", 405),
    ])
    func `a HEAD has the headers of a GET and no body`(_ path: String, _ status: Int) async throws {
        let (test, _, _) = try await hub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .head)
            #expect(answer.status.code == status)
            #expect(answer.body.readableBytes == 0)
            #expect(answer.headers[.contentLength] != "0")
        }
    }

    @Test(arguments: [
        ("/api/models/alice/model/tree/main/nope", 404), ("/api/models/alice/model/tree/main/a.txt", 404),
        ("/api/models/alice/model/tree/main/d", 200), ("/api/models/alice/model/tree/main/d%2F", 200),
        ("/api/models/alice/model/tree/nope", 404), ("/api/models/alice/model/tree/main?cursor=99999", 200),
        ("/api/models/alice/model/tree/main?cursor=x", 400), ("/api/models/alice/model/tree/main?expand=true", 200),
    ])
    func `a listing is answered or refused`(_ path: String, _ status: Int) async throws {
        let (test, _, _) = try await hub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(uri: path, method: .get)
            #expect(answer.status.code == status)
        }
    }

    @Test(arguments: [
        ("paths=a.txt&paths=d&paths=nope&expand=False", "application/x-www-form-urlencoded"),
        (#"{"paths":["a.txt","d","nope"],"expand":false}"#, "application/json"),
    ])
    func `paths are asked for by form or by JSON`(_ body: String, _ type: String) async throws {
        let (test, _, _) = try await hub()
        try await application(test).test(.router) { client in
            let answer = try await client.execute(
                uri: "/api/models/alice/model/paths-info/main", method: .post, headers: [.contentType: type],
                body: ByteBuffer(string: body))
            let text = String(buffer: answer.body)
            #expect(answer.status == .ok)
            #expect(
                text.contains(#""path":"a.txt""#) && text.contains(#""type":"directory""#) && !text.contains("nope"))
        }
    }

    @Test func `a card is reviewed as JSON and as text`() async throws {
        let (test, _, _) = try await hub()
        let body = ByteBuffer(string: #"{"content":"---\nlicense: asdf\n---\n","repoType":"model"}"#)
        try await application(test).test(.router) { client in
            let json = try await client.execute(uri: "/api/validate-yaml", method: .post, body: body)
            #expect(json.status == .badRequest)
            #expect(String(buffer: json.body).hasPrefix(#"{"errors":[{"message":"#))
            let text = try await client.execute(
                uri: "/api/validate-yaml", method: .post, headers: [.accept: "text/plain"], body: body)
            #expect(String(buffer: text.body).hasPrefix(#"- Error: "license" must be one of"#))
        }
    }
}
