import HTTPTypes
import HubCore
import HubHTTP
import HubServices
import HubServicesTestSupport
import Hummingbird
import HummingbirdTesting
import Testing

@Suite struct RoutingTests {
    @Test(arguments: ["gpt2", "models.v1"])
    func `a repository named by one segment belongs to the owner of bare names`(_ name: String) async throws {
        let test = try await TestHub()
        let librarian = try await test.user("library")
        let record = try await test.repository("library/\(name)", by: librarian)
        try await test.push(["config.json": "{}"], to: record, by: librarian)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            for path in [
                "/api/models/\(name)", "/api/models/\(name)/refs", "/api/models/\(name)/tree/main?recursive=true",
                "/\(name)/resolve/main/config.json", "/\(name).git/info/refs?service=git-upload-pack",
            ] {
                let answer = try await client.execute(uri: path, method: .get)
                #expect(answer.status == .ok, "\(path)")
            }
        }
    }

    @Test func `a path with owner and name is left alone, whatever the words in it`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/resolver", by: alice)
        try await test.push(["tree/refs": "x"], to: record, by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let answer = try await client.execute(uri: "/alice/resolver/resolve/main/tree/refs", method: .get)
            #expect(String(buffer: answer.body) == "x")
        }
    }

    @Test func `no repository can be called by a word of a route`() async throws {
        let test = try await TestHub()
        let words = buildResponder(test.hub).wordsAfterNames
        #expect(words.contains("tree"))
        #expect(words.subtracting(RepositoryService.reservedNames) == [])
        let alice = try await test.user("alice")
        await #expect(throws: HubError.self) { try await test.repository("alice/Tree", by: alice) }
    }

    @Test func `a HEAD is answered without a body, whatever the answer`() async throws {
        let test = try await TestHub()
        let alice = try await test.user("alice")
        let record = try await test.repository("alice/open", by: alice)
        try await test.push(["a.txt": "four"], to: record, by: alice)
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let found = try await client.execute(uri: "/alice/open/resolve/main/a.txt", method: .head)
            #expect(found.status == .ok && found.headers[.contentLength] == "4" && found.body.readableBytes == 0)
            let absent = try await client.execute(uri: "/alice/open/resolve/main/b.txt", method: .head)
            #expect(absent.status == .notFound && absent.body.readableBytes == 0)
        }
    }

    @Test func `a wrong method is told apart from a wrong path`() async throws {
        let test = try await TestHub()
        try await Application(responder: buildResponder(test.hub)).test(.router) { client in
            let method = try await client.execute(uri: "/api/repos/create", method: .get)
            #expect(method.status == .methodNotAllowed)
            #expect(method.headers[.allow] == "POST")
            #expect(try await client.execute(uri: "/api/nothing/here", method: .get).status == .notFound)
        }
    }
}
