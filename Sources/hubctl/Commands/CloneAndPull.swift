import ArgumentParser
import Foundation
import HubAPI
import HubCore
import HubGit
import HubTensors

struct Clone: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a working copy of a repository.",
        discussion: "It is an ordinary git repository. Example: hubctl clone alice/tiny")

    @Argument(help: "owner/name") var name: String
    @Argument(help: "The folder to make; by default the repository's name.") var folder: String?
    @Flag(help: "Print JSON.") var json = false

    private struct Result: Encodable {
        let repository: String
        let folder: String
        let commit: String?
        let files: Int
        let bytes: Int
    }

    func run() async throws {
        let id = try RepositoryID(.model, parsing: name)
        let path = folder ?? id.name
        guard !FileManager.default.fileExists(atPath: path) else {
            throw HubError.conflict("'\(path)' exists already; name another folder")
        }
        let session = try Session()
        let workspace = Workspace(path: path, repository: id, session: session)
        let revision: CommitID?
        do {
            revision = try fetch(into: workspace)
        } catch {
            try? FileManager.default.removeItem(atPath: path)
            throw error
        }
        let large = if let revision { try await workspace.download(at: revision) } else { Set<LFSPointer>() }
        if json {
            return try Terminal.print(
                json: Result(
                    repository: id.path, folder: path, commit: revision?.hex, files: large.count,
                    bytes: large.reduce(0) { $0 + $1.size }))
        }
        print("Cloned \(id) into \(path).")
    }

    /// Fetches and checks out, and returns the commit; nil for an empty repository.
    private func fetch(into workspace: Workspace) throws -> CommitID? {
        let copy = try WorkingCopy(creatingAt: workspace.path)
        try copy.setRemote(Workspace.remote, to: workspace.session.gitURL(of: workspace.repository))
        try copy.configureForStockGit(searchPath: ProcessInfo.processInfo.environment["PATH"])
        let branch = try copy.fetch(Workspace.remote, workspace.credentials)
        guard let branch, let head = try copy.remoteHead(of: branch) else { return nil }
        try copy.setHead(to: branch)
        _ = try copy.reset(to: head)
        return head
    }
}

struct Pull: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Bring the current branch up to date with the hub; what both sides changed is merged.")

    @Option(name: .shortAndLong, help: "For tensors both sides changed: conflict, ours, theirs, sum or average.")
    var strategy: String?
    @Flag(help: "Print JSON.") var json = false

    func run() async throws {
        let rules = MergeRules(try MergeStrategy(parsing: strategy ?? "conflict"))
        let workspace = try Workspace()
        let (branch, theirs) = try fetch(workspace)
        let result = try await MergeFlow(workspace).merge(
            theirs, named: "\(Workspace.remote)/\(branch)", rules: rules, message: nil, dryRun: false)
        // A clone that was cut short still lacks content though its history is complete.
        if result.outcome == .upToDate { try await workspace.download(at: theirs) }
        try Merges.tell(result, json: json, next: Merge.advice)
    }

    private func fetch(_ workspace: Workspace) throws -> (String, CommitID) {
        let copy = try workspace.open()
        try copy.fetch(Workspace.remote, workspace.credentials)
        guard let branch = try copy.head().branch else {
            throw HubError.invalid("no branch is checked out; 'hubctl branch NAME' switches to one")
        }
        guard let theirs = try copy.remoteHead(of: branch) else {
            throw HubError.revisionNotFound(
                "\(workspace.repository) has no branch '\(branch.short)' yet; 'hubctl push' makes it")
        }
        return (branch.short, theirs)
    }
}

extension WorkingCopy {
    /// Where the hub's branch stood at the last fetch.
    func remoteHead(of branch: RefName) throws -> CommitID? {
        try commit(at: "refs/remotes/\(Workspace.remote)/\(branch.short)")
    }
}
