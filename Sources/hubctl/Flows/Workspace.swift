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
            throw HubError.invalid("this working copy has no remote 'origin'; clone it from a hub")
        }
        self.path = copy.root
        (session, repository) = try Self.parse(url)
    }

    init(path: String, repository: RepositoryID, session: Session) {
        self.path = path
        self.repository = repository
        self.session = session
    }

    var credentials: RemoteCredentials { RemoteCredentials(token: session.token) }

    func open() throws -> WorkingCopy { try WorkingCopy(containing: path) }

    /// Brings the large files that the folder lacks.
    func download(at revision: String) async throws {
        let waiting = try missingContent()
        guard !waiting.isEmpty else { return }
        try await session.call { connection in
            try await ContentTransfer(connection: connection, repository: repository)
                .download(waiting, at: revision, progress: Self.show)
        }
        Terminal.endProgress()
        try fillIn()
    }

    private func missingContent() throws -> [DownloadItem] {
        let copy = try open()
        var items: [DownloadItem] = []
        for pointer in try Set(copy.materialise()) {
            let place = copy.content.path(of: pointer.digest)
            try FileManager.default.createDirectory(
                at: URL(filePath: place).deletingLastPathComponent(), withIntermediateDirectories: true)
            items.append(DownloadItem(pointer: pointer, destination: place))
        }
        return items
    }

    private func fillIn() throws { try open().materialise() }

    static func show(_ progress: TransferProgress) {
        let done = Terminal.size(progress.bytesDone)
        let total = Terminal.size(progress.bytesTotal)
        Terminal.show(progress: "\(progress.phase.rawValue) \(done) of \(total)")
    }

    /// Reads `http://host/owner/name.git`.
    private static func parse(_ url: String) throws -> (Session, RepositoryID) {
        var parts = url.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 5, var name = parts.popLast(), let owner = parts.popLast() else {
            throw HubError.invalid("the remote '\(url)' is not a repository on a hub")
        }
        if name.hasSuffix(".git") { name.removeLast(4) }
        let kind: RepositoryID.Kind = parts.last == "datasets" ? .dataset : .model
        if kind == .dataset { parts.removeLast() }
        return (try Session(url: parts.joined(separator: "/")), try RepositoryID(kind, owner: owner, name: name))
    }
}
