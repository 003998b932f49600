import Foundation
import HubClient
import HubCore
import Testing

@Suite final class GitCredentialTests {
    private let home = FileManager.default.temporaryDirectory.path + "/git-credential-\(UUID().uuidString)"

    deinit { try? FileManager.default.removeItem(atPath: home) }

    private func store(_ more: [String: String] = [:]) throws -> CredentialStore {
        let store = try CredentialStore(environment: more.merging(["HOME": home]) { one, _ in one })
        try store.update {
            try $0.add(Credentials.Hub(HubAddress(parsing: "http://one.example:8080"), token: "t1", user: "ada"))
            try $0.add(Credentials.Hub(HubAddress(parsing: "https://two.example/hub"), token: "t2", user: "bob"))
        }
        return store
    }

    @Test(arguments: [
        ("protocol=http\nhost=one.example:8080", "username=ada\npassword=t1\n"),
        ("protocol=http\nhost=ONE.example:8080\nusername=ada", "username=ada\npassword=t1\n"),
        ("capability[]=authtype\nprotocol=https\nhost=two.example", "username=bob\npassword=t2\n"),
        ("protocol=https\nhost=two.example\npath=hub/ada/model.git", "username=bob\npassword=t2\n"),
    ])
    func `git is told the login at the hub it asks for`(_ question: String, _ answer: String) throws {
        let lines = question.split(separator: "\n").map(String.init)
        #expect(try store().answer(to: GitCredential(parsing: lines)) == answer)
    }

    @Test(arguments: [
        "protocol=https\nhost=one.example:8080", "protocol=http\nhost=one.example",
        "protocol=http\nhost=one.example:8080.example", "protocol=http\nhost=one.example:8080\nusername=eve",
        "protocol=https\nhost=two.example\npath=hubris/model.git", "protocol=https\nhost=two.example\npath=other",
        "host=one.example:8080", "protocol=http", "", "\nprotocol=http\nhost=one.example:8080",
    ])
    func `no other host, user or folder is told anything`(_ question: String) throws {
        let lines = question.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        #expect(try store(["HUB_TOKEN": "t3"]).answer(to: GitCredential(parsing: lines)) == nil)
    }

    @Test func `the token of the environment goes to the hub of the environment only`() throws {
        let store = try store(["HUB_TOKEN": "t3", "HUB_URL": "http://three.example"])
        let three = GitCredential(parsing: ["protocol=http", "host=three.example"])
        let one = GitCredential(parsing: ["protocol=http", "host=one.example:8080"])
        #expect(try store.answer(to: three) == "username=hub\npassword=t3\n")
        #expect(try store.answer(to: one) == "username=ada\npassword=t1\n")
    }

    @Test func `only the refused token itself is forgotten`() throws {
        let store = try store()
        let lines = ["protocol=http", "host=one.example:8080"]
        try store.erase(GitCredential(parsing: lines + ["password=other"]))
        try store.erase(GitCredential(parsing: lines))
        #expect(try store.load().hubs.count == 2)
        try store.erase(GitCredential(parsing: lines + ["password=t1"]))
        #expect(try store.load().hubs.map(\.token) == ["t2"])
    }
}
