import Foundation
import HubClient
import HubCore
import Testing

@Suite final class CredentialStoreTests {
    private let home = FileManager.default.temporaryDirectory.path + "/credentials-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: home) }

    private func store(_ more: [String: String] = [:]) throws -> CredentialStore {
        try CredentialStore(environment: more.merging(["HOME": home]) { one, _ in one })
    }

    private func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    private func logIn(_ url: String, _ token: String) throws {
        try store().update { try $0.add(Credentials.Hub(HubAddress(parsing: url), token: token)) }
    }

    @Test func `only the owner can read the file and its folder`() throws {
        try logIn("http://one.example", "t1")

        #expect(try mode(home + "/.config/hubctl/credentials.json") == 0o600)
        #expect(try mode(home + "/.config/hubctl") == 0o700)
    }

    @Test func `the hub logged in to last is the default`() throws {
        try logIn("http://one.example", "t1")
        try logIn("http://two.example/", "t2")

        let (address, token) = try store().resolve()

        #expect(address.text == "http://two.example")
        #expect(token == "t2")
    }

    @Test func `a named hub gets its own token and no other's`() throws {
        try logIn("http://one.example", "t1")

        #expect(try store().resolve(url: "http://one.example/").token == "t1")
        #expect(try store().resolve(url: "http://two.example").token == nil)
    }

    @Test func `the environment overrides what is stored`() throws {
        try logIn("http://one.example", "t1")

        let (address, token) = try store(["HUB_URL": "http://three.example", "HUB_TOKEN": "t3"]).resolve()

        #expect(address.text == "http://three.example")
        #expect(token == "t3")
    }

    @Test func `the configuration folder can be elsewhere`() throws {
        #expect(try store(["XDG_CONFIG_HOME": "/elsewhere"]).path == "/elsewhere/hubctl/credentials.json")
        #expect(try store(["XDG_CONFIG_HOME": "relative"]).path == home + "/.config/hubctl/credentials.json")
    }

    @Test func `forgetting the default passes it on`() throws {
        try logIn("http://one.example", "t1")
        try logIn("http://two.example", "t2")

        let removed = try store().update { try $0.remove(HubAddress(parsing: "http://two.example")) }

        #expect(removed)
        #expect(try store().resolve().address.text == "http://one.example")
    }

    @Test func `no hub at all is an error that says what to do`() throws {
        let error = #expect(throws: HubError.self) { try self.store().resolve() }
        #expect(error?.description.contains("hubctl login") == true)
    }

    @Test func `a damaged file is named`() throws {
        try logIn("http://one.example", "t1")
        try Data("{".utf8).write(to: URL(filePath: home + "/.config/hubctl/credentials.json"))

        let error = #expect(throws: HubError.self) { try self.store().load() }

        #expect(error?.description.contains("credentials.json is damaged") == true)
    }
}
