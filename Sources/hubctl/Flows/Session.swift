import Foundation
import HubClient
import HubCore

/// The hub a command talks to, and who it talks as.
struct Session: Sendable {
    let address: HubAddress
    let token: String?

    /// The hub of `url`, or the default one.
    init(url: String? = nil) throws {
        let store = try CredentialStore(environment: ProcessInfo.processInfo.environment)
        (address, token) = try store.resolve(url: url)
    }

    func call<Result: Sendable>(_ body: (HubConnection) async throws -> Result) async throws -> Result {
        try await HubConnection.with(
            address: address, token: token, believing: .asGit(at: address.text), body)
    }

    /// Where stock git finds a repository.
    func gitURL(of repository: RepositoryID) -> String {
        "\(address.text)/\(repository.kind == .model ? "" : "\(repository.kind.plural)/")\(repository.path).git"
    }
}
