import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore

struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Remember a hub and a token for it.",
        discussion: "Example: hubctl login http://127.0.0.1:8080 --token hub_…")

    @Argument(help: "The hub's address.") var url: String
    @Option(help: "An access token; by default HUB_TOKEN.") var token: String?
    @Flag(help: "Let stock git use this login, too ('hubctl git-credential').") var git = false

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        guard let token = token ?? environment["HUB_TOKEN"] else {
            throw HubError.invalid("a token is needed: hubctl login \(url) --token TOKEN")
        }
        let address = try HubAddress(parsing: url)
        let name = try await name(at: address, token)
        try CredentialStore(environment: environment).update {
            $0.add(Credentials.Hub(address, token: token, user: name))
        }
        if git {
            try StockGit.configure("credential.\(address.text).helper", "!\(StockGit.shellWord) git-credential")
        }
        print("Logged in to \(address.text) as \(name).")
    }

    private func name(at address: HubAddress, _ token: String) async throws -> String {
        do {
            return try await HubConnection.with(
                address: address, token: token, believing: .asGit(at: address.text)
            ) { try await $0.whoami().name }
        } catch HubError.notFound where !address.path.isEmpty {
            throw HubError.notFound("there is no hub at \(address.text); try 'hubctl login \(address.origin)'")
        }
    }
}

struct Whoami: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Say who the hub takes you for.")

    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let session = try Session()
        let body = try await session.call { try await $0.whoami() }
        if json { return try Terminal.print(json: body) }
        print("\(body.name) on \(session.address.text)")
        for organization in body.orgs { print("  \(organization.roleInOrg) in \(organization.name)") }
    }
}
