import ArgumentParser
import Foundation
import HubClient
import HubCore

struct GitCredentialHelper: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git-credential",
        abstract: "Give stock git the token of your login at a hub, and no other host anything.",
        discussion: """
            git calls this itself, once it is told to:

              git config --global credential.http://hub.example.helper '!hubctl git-credential'

            'hubctl login URL --git' does that. Nothing that git wants stored is: logins are made with 'hubctl login'.
            A token that the hub refuses is forgotten.
            """)

    @Argument(help: "get, store or erase, as git says it.") var operation: String

    func run() throws {
        let question = GitCredential(parsing: Lines())
        let store = try CredentialStore(environment: ProcessInfo.processInfo.environment)
        switch operation {
        case "get":
            if let answer = try store.answer(to: question) { Swift.print(answer, terminator: "") }
        case "erase": try store.erase(question)
        // Helpers pass over in silence what they do not do.
        default: break
        }
    }

    /// Standard input, up to the first empty line.
    private struct Lines: Sequence, IteratorProtocol {
        func next() -> String? { readLine().flatMap { $0.isEmpty ? nil : $0 } }
    }
}
