import ArgumentParser
import Foundation
import HubAPI
import HubClient
import HubCore
import HubGit

struct Init: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init",
        abstract: "Make a folder a working copy, and connect it with a repository on the hub.",
        discussion:
            "Example: cd my-model && hubctl init alice/tiny --create && hubctl commit -a -m 'first' && hubctl push")

    @Argument(help: "owner/name of the repository; without it, only the folder is prepared.") var name: String?
    @Option(help: "The folder; by default the current one.") var folder = "."
    @Flag(help: "Create the repository on the hub, too.") var create = false
    @Flag(help: "With --create: let only members see it.") var `private` = false

    func validate() throws {
        guard name != nil || !create else { throw ValidationError("--create needs the repository's name.") }
    }

    func run() async throws {
        guard let name else {
            let root = try prepare(nil, nil)
            return print("\(root) is a working copy now; 'hubctl init owner/name' connects it with a hub.")
        }
        let id = try RepositoryID(.model, parsing: name)
        let session = try Session()
        if create {
            _ = try await session.call {
                try await $0.createRepository(id, visibility: `private` ? .private : .public, empty: true)
            }
        } else {
            try await require(id, session)
        }
        let root = try prepare(id, session)
        print("\(root) belongs to \(id) now; 'hubctl commit -a -m MESSAGE' and 'hubctl push' send it.")
    }

    private func require(_ id: RepositoryID, _ session: Session) async throws {
        do {
            _ = try await session.call { try await $0.repository(id) }
        } catch HubError.repositoryNotFound(let sentence) {
            throw HubError.repositoryNotFound("\(sentence); 'hubctl init \(id) --create' makes it")
        }
    }

    private func prepare(_ id: RepositoryID?, _ session: Session?) throws -> String {
        let copy = try WorkingCopy(creatingAt: folder)
        try copy.configureForStockGit(searchPath: ProcessInfo.processInfo.environment["PATH"])
        if let id, let session { try copy.setRemote(Workspace.remote, to: session.gitURL(of: id)) }
        return copy.root
    }
}
