import HubAPI
import HubClient
import HubCore
import HubGit

extension Workspace {
    /// Who commits: whom git's configuration names, else whom the hub takes this person for.
    func author() async throws -> CommitAuthor {
        if let author = try open().configuredAuthor() { return author }
        let name = try await session.call { try await $0.whoami().name }
        return CommitAuthor(name: name, email: "\(name)@users.noreply.hub")
    }
}
