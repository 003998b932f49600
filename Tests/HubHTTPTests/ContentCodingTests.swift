import HTTPTypes
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@Suite struct ContentCodingTests {
    /// Asks with a body that claims to be packed, and returns what is answered.
    private func send(
        _ coding: String, _ method: HTTPRequest.Method, _ path: String, type: String, agent: String? = nil
    ) async throws -> TestResponse {
        let test = try await TestHub()
        _ = try await test.repository("alice/model", by: try await test.user("alice"))
        let token = try await test.hub.accounts.createToken(for: "alice", name: "t", scope: .write).text
        return try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            try await client.execute(
                uri: path, method: method,
                headers: [
                    .authorization: "Bearer \(token)", .contentEncoding: coding, .contentType: type,
                    .userAgent: agent ?? "test",
                ],
                body: ByteBuffer(string: "0000"))
        }
    }

    @Test(arguments: ["br", "zstd", "deflate", "gzip, gzip", "identity, br", "compress", "x"])
    func `git is told which encodings are understood`(_ coding: String) async throws {
        for service in ["git-upload-pack", "git-receive-pack"] {
            let answer = try await send(
                coding, .post, "/alice/model.git/\(service)", type: "application/x-\(service)-request",
                agent: "git/2.39.5")
            #expect(answer.status == .unsupportedMediaType)
            #expect(answer.headers[.acceptEncoding] == "identity, gzip, x-gzip")
            #expect(String(buffer: answer.body).contains("plain (identity) or as gzip"))
        }
    }

    @Test(arguments: ["gzip", "br"])
    func `other routes understand plain bodies only`(_ coding: String) async throws {
        for (method, path) in [
            (HTTPRequest.Method.post, "/api/repos/create"), (.put, "/api/models/alice/model/settings"),
            (.post, "/api/models/alice/model/commit/main"), (.post, "/alice/model.git/info/lfs/objects/batch"),
            (.put, "/lfs/objects/\(String(repeating: "a", count: 64))"), (.post, "/xet/0/v1/shards"),
        ] {
            let answer = try await send(coding, method, path, type: "application/json")
            #expect(answer.status == .unsupportedMediaType, "\(path)")
            #expect(answer.headers[.acceptEncoding] == "identity", "\(path)")
        }
    }

    @Test(arguments: ["identity", "Identity", "", "identity,"])
    func `a plain body may say so`(_ coding: String) async throws {
        let answer = try await send(coding, .post, "/api/repos/create", type: "application/json")
        #expect(answer.status == .badRequest)
    }
}
