import Foundation
import HubClient
import HubCore
import HubGit

/// The working copy a command stands in, with the hub repository it belongs to.
struct Workspace: Sendable {
    let path: String
    let repository: RepositoryID
    let session: Session

    static let remote = "origin"

    /// Opens the working copy around `path`.
    init(at path: String = FileManager.default.currentDirectoryPath) throws {
        let copy = try WorkingCopy(containing: path)
        guard let url = try copy.remoteURL(Self.remote) else {
            throw HubError.invalid(
                "this working copy belongs to no repository on a hub yet; 'hubctl init owner/name' connects it")
        }
        self.path = copy.root
        (session, repository) = try Self.parse(url)
    }

    init(path: String, repository: RepositoryID, session: Session) {
        self.path = path
        self.repository = repository
        self.session = session
    }

    /// The repository a command is about: the one named, or that of the working copy around.
    static func target(_ name: String?) throws -> (Session, RepositoryID) {
        if let name { return (try Session(), try RepositoryID(.model, parsing: name)) }
        let workspace = try Workspace()
        return (workspace.session, workspace.repository)
    }

    var credentials: RemoteCredentials { RemoteCredentials(token: session.token) }

    func open() throws -> WorkingCopy { try WorkingCopy(containing: path) }

    /// Brings the large files that stand as pointers in the folder, and returns them; `revision` of `source` names them.
    @discardableResult
    func download(at revision: CommitID, from source: RepositoryID? = nil) async throws -> Set<LFSPointer> {
        let waiting = Set(try open().materialise())
        guard !waiting.isEmpty else { return [] }
        try await fetch(waiting, at: revision, from: source)
        try open().materialise()
        return waiting
    }

    /// Brings content into the store beside the history; `revision` of `source` names it.
    func fetch(_ pointers: Set<LFSPointer>, at revision: CommitID, from source: RepositoryID? = nil) async throws {
        let items = try places(for: pointers)
        let sources = try LocalSources.list(in: open().content, and: path)
        let line = ProgressLine()
        try await session.call { connection in
            try await ContentTransfer(connection: connection, repository: source ?? repository)
                .download(items, at: revision.hex, reusing: sources, progress: line.show)
        }
        Terminal.endProgress()
    }

    private func places(for pointers: Set<LFSPointer>) throws -> [DownloadItem] {
        let store = try open().content
        return try pointers.map { pointer in
            let place = store.path(of: pointer.digest)
            try FileManager.default.createDirectory(
                at: URL(filePath: place).deletingLastPathComponent(), withIntermediateDirectories: true)
            return DownloadItem(pointer: pointer, destination: place)
        }
    }

    /// Reads `http://host/owner/name.git`.
    private static func parse(_ url: String) throws -> (Session, RepositoryID) {
        var parts = url.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        // A login that stock git keeps in the URL is no part of the hub's address, and none of anybody's business.
        if parts.count > 2, let end = parts[2].lastIndex(of: "@") { parts[2].removeSubrange(...end) }
        guard parts.count >= 5, var name = parts.popLast(), let owner = parts.popLast() else {
            throw HubError.invalid("the remote '\(parts.joined(separator: "/"))' is not a repository on a hub")
        }
        if name.hasSuffix(".git") { name.removeLast(4) }
        let kind: RepositoryID.Kind = parts.last == "datasets" ? .dataset : .model
        if kind == .dataset { parts.removeLast() }
        return (try Session(url: parts.joined(separator: "/")), try RepositoryID(kind, owner: owner, name: name))
    }
}
