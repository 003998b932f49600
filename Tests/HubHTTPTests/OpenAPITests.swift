import Foundation
import HTTPTypes
import HubHTTP
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct OpenAPITests {
    /// The document a hub serves.
    private func document() async throws -> [String: Any] {
        let test = try await TestHub()
        let body = try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: "/openapi.json", method: .get)
            #expect(answer.status == .ok)
            return Data(answer.body.readableBytesView)
        }
        return try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
    }

    private func operation(_ method: String, _ path: String) async throws -> [String: Any] {
        let paths = try #require(try await document()["paths"] as? [String: [String: Any]])
        return try #require(paths[path]?[method] as? [String: Any])
    }

    @Test func `the document is of version 3 1 and describes itself`() async throws {
        let document = try await document()
        #expect(document["openapi"] as? String == "3.1.0")
        #expect((document["paths"] as? [String: Any])?["/openapi.json"] != nil)
    }

    @Test func `a path's parameters are the ones of its template`() async throws {
        let operation = try await operation("get", "/api/models/{owner}/{name}/tree/{revision}/{path}")
        let parameters = try #require(operation["parameters"] as? [[String: Any]])
        let inPath = parameters.filter { $0["in"] as? String == "path" }.compactMap { $0["name"] as? String }
        #expect(inPath == ["owner", "name", "revision", "path"])
        #expect(parameters.contains { $0["name"] as? String == "recursive" })
    }

    @Test func `a body's schema is what its type decodes`() async throws {
        let operation = try await operation("post", "/api/repos/create")
        let content = try #require((operation["requestBody"] as? [String: Any])?["content"] as? [String: Any])
        let schema = try #require((content["application/json"] as? [String: Any])?["schema"] as? [String: Any])
        #expect(schema["required"] as? [String] == ["name"])
        let properties = try #require(schema["properties"] as? [String: [String: Any]])
        #expect(properties["name"]?["type"] as? String == "string")
        let kinds = try #require(properties["type"]?["anyOf"] as? [[String: Any]])
        #expect(kinds.first?["enum"] as? [String] == ["model", "dataset", "space", "kernel"])
    }

    @Test func `no two operations have one id`() async throws {
        let paths = try #require(try await document()["paths"] as? [String: [String: Any]])
        let ids = paths.values.flatMap(\.values).compactMap { ($0 as? [String: Any])?["operationId"] as? String }
        #expect(ids.count > 50)
        #expect(Set(ids).count == ids.count)
    }
}
