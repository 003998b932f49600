import ArgumentParser
import Foundation
import HubCore
import HubGit

struct Clone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a working copy of a repository.",
        discussion: "It is an ordinary git repository. Example: hubctl clone alice/tiny")

    @Argument(help: "owner/name") var name: String
    @Argument(help: "The folder to make; by default the repository's name.") var folder: String?

    func run() async throws {
        let id = try RepositoryID(.model, parsing: name)
        let path = folder ?? id.name
        guard !FileManager.default.fileExists(atPath: path) else {
            throw HubError.conflict("'\(path)' exists already; name another folder")
        }
        let session = try Session()
        let workspace = Workspace(path: path, repository: id, session: session)
        let revision: String?
        do {
            revision = try fetch(into: workspace)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        if let revision { try await workspace.download(at: revision) }
        print("Cloned \(id) into \(path).")
    }

    /// Fetches and checks out, and returns the commit; nil for an empty repository.
    private func fetch(into workspace: Workspace) throws -> String? {
        let copy = try WorkingCopy(creatingAt: workspace.path)
        try copy.setRemote(Workspace.remote, to: workspace.session.gitURL(of: workspace.repository))
        try copy.configureForStockGit(searchPath: ProcessInfo.processInfo.environment["PATH"])
        let branch = try copy.fetch(Workspace.remote, workspace.credentials)
        guard let branch, let head = try copy.remoteHead(of: branch) else { return nil }
        try copy.setHead(to: branch)
        _ = try copy.reset(to: head)
        return head.hex
    }
}

struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the current branch up to date with the hub.")

    func run() async throws {
        let workspace = try Workspace()
        guard let revision = try forward(workspace) else { return }
        try await workspace.download(at: revision)
    }

    private func forward(_ workspace: Workspace) throws -> String? {
        let copy = try workspace.open()
        try copy.fetch(Workspace.remote, workspace.credentials)
        let head = try copy.head()
        guard let branch = head.branch else { throw HubError.invalid("no branch is checked out") }
        guard let theirs = try copy.remoteHead(of: branch) else {
            print("The hub has no branch '\(branch.short)'.")
            return nil
        }
        guard let ours = head.commit else {
            _ = try copy.reset(to: theirs)
            return theirs.hex
        }
        let base = try copy.mergeBase(ours, theirs)
        if base == theirs {
            print("Already up to date.")
            return nil
        }
        guard base == ours else {
            throw HubError.conflict(
                "'\(branch.short)' and the hub's have both moved; push yours to another branch and merge it there "
                    + "with 'hubctl merge'")
        }
        try copy.requireClean(before: "pulling")
        _ = try copy.fastForward(to: theirs)
        print("\(branch.short) is at \(theirs.hex.prefix(10)) now.")
        return theirs.hex
    }
}

extension WorkingCopy {
    /// Where the hub's branch stood at the last fetch.
    func remoteHead(of branch: RefName) throws -> CommitID? {
        try commit(at: "refs/remotes/\(Workspace.remote)/\(branch.short)")
    }
}
