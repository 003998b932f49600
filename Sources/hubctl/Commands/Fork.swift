import ArgumentParser
import HubAPI
import HubClient
import HubCore

struct Fork: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Fork a repository; nothing is copied but its refs.",
        discussion: "Example: hubctl fork alice/tiny --name tiny-ft")

    @Argument(help: "owner/name") var name: String
    @Option(name: .customLong("name"), help: "The fork's name; by default the same.") var newName: String?
    @Option(help: "Who owns the fork; by default you.") var owner: String?
    @Flag(help: "Let only members see it.") var `private` = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let id = try RepositoryID(.model, parsing: name)
        let order = ForkBody(organization: owner, name: newName, visibility: `private` ? .private : nil)
        let body = try await fork(id, order)
        if json { return try Terminal.print(json: body) }
        print("Forked \(id) as \(body.id ?? body.url).")
    }

    private func fork(_ id: RepositoryID, _ order: ForkBody) async throws -> CreatedRepositoryBody {
        do {
            return try await Session().call { try await $0.fork(id, as: order) }
        } catch HubError.conflict(let sentence) where newName == nil {
            throw HubError.conflict("\(sentence); '--name' gives the fork another one")
        }
    }
}

struct Sync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Bring a fork up to date with its upstream.")

    @Argument(help: "owner/name; by default the repository of this working copy.") var name: String?
    @Option(name: .shortAndLong, help: "For tensors both sides changed: conflict, ours, theirs, sum or average.")
    var strategy: String?
    @Option(help: "The branch; by default the default branch.") var branch: String?
    @Flag(help: "Only move forward; if both sides went on, say so and do nothing.") var ffOnly = false
    @Flag(help: "Plan only.") var dryRun = false
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let (session, id) = try Workspace.target(name)
        let order = MergeBody(target: branch, strategy: strategy, dryRun: dryRun, fastForwardOnly: ffOnly)
        let result = try await session.call { try await $0.sync(id, order) }
        let next = result.outcome == .conflicts ? try await advice(on: result, session, id) : nil
        try Merges.tell(result, json: json, next: next)
    }

    private func advice(on result: MergeResultBody, _ session: Session, _ id: RepositoryID) async throws -> String? {
        guard let upstream = try await session.call({ try await $0.repository(id) }).forkedFrom else { return nil }
        let name = if let branch { branch } else { try await self.branch(at: result.ours, session, id) }
        return
            "Settle it in a working copy of \(id) with 'hubctl merge \(name) --from \(upstream)' and push, "
            + "or choose with -s: ours, theirs, sum, average."
    }

    /// The default branch has no name in the answer; it is one that stands where the merge began.
    private func branch(at commit: String, _ session: Session, _ id: RepositoryID) async throws -> String {
        let names = try await session.call { try await $0.refs(of: id) }.branches
            .filter { $0.targetCommit == commit }.map(\.name)
        return names.contains("main") ? "main" : names.first ?? commit
    }
}
