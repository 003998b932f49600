import ArgumentParser
import HubAPI
import HubClient
import HubCore
import HubGit

struct Push: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Send the current branch to the hub: only the chunks it lacks, then the history.",
        discussion: "A push that was interrupted goes on where it stopped when it is repeated.")

    @Flag(help: "Print JSON.") var json = false
    @Flag(help: "Send tags too.") var tags = false

    private struct Result: Encodable {
        let branch: String
        let commit: String
        let files: Int
        let bytes: Int
        let bytesSent: Int
        let bytesDeduplicated: Int
    }

    func run() async throws {
        let workspace = try Workspace()
        let (branch, commit, contents, isNew) = try prepare(workspace)
        let line = ProgressLine()
        let summary = try await workspace.session.call { connection in
            try await ContentTransfer(connection: connection, repository: workspace.repository)
                .upload(contents, progress: line.show)
        }
        Terminal.endProgress()
        do {
            try send(branch, workspace)
        } catch {
            throw await explained(error, workspace)
        }
        if json {
            return try Terminal.print(
                json: Result(
                    branch: branch.short, commit: commit.hex, files: summary.files, bytes: summary.bytes,
                    bytesSent: summary.bytesSent, bytesDeduplicated: summary.bytesDeduplicated))
        }
        guard isNew || tags else { return print("\(workspace.repository) has everything of \(branch.short) already.") }
        print(
            "Pushed \(branch.short) at \(commit.hex.prefix(10)) to \(workspace.repository): "
                + "\(Terminal.size(summary.bytesSent)) sent, \(Terminal.size(summary.bytesDeduplicated)) already there."
        )
    }

    private func prepare(_ workspace: Workspace) throws -> (RefName, CommitID, [LocalContent], isNew: Bool) {
        let copy = try workspace.open()
        let head = try copy.head()
        guard let branch = head.branch, let commit = head.commit else {
            throw HubError.invalid("there is nothing to push; commit first")
        }
        // What is not on this machine was merged from elsewhere; the hub has it, or says that it is missing.
        let contents: [LocalContent] = try copy.newLargeFiles(in: commit, notOn: Workspace.remote).compactMap { file in
            guard let pointer = file.pointer, let path = try copy.file(holding: pointer) else { return nil }
            return LocalContent(path: path, digest: pointer.digest, size: pointer.size)
        }
        return (branch, commit, contents, try copy.remoteHead(of: branch) != commit)
    }

    /// A refusal that the hub's status code alone does not explain.
    private func explained(_ error: any Error, _ workspace: Workspace) async -> any Error {
        guard case HubError.forbidden = error,
            let body = try? await workspace.session.call({ try await $0.whoami() })
        else { return error }
        guard body.auth.accessToken.role != "read" else {
            return HubError.forbidden("this token may only read; log in with one of the scope 'write' to push")
        }
        return HubError.forbidden("\(body.name) may not push to \(workspace.repository); fork it with 'hubctl fork'")
    }

    private func send(_ branch: RefName, _ workspace: Workspace) throws {
        let copy = try workspace.open()
        var refspecs = ["\(branch.name):\(branch.name)"]
        if tags { refspecs += try copy.tags().map { "\($0.name.name):\($0.name.name)" } }
        let events = RemoteEvents(message: { Terminal.complain("remote: \($0)") })
        let rejections = try copy.push(Workspace.remote, refspecs, workspace.credentials, events: events)
        guard let first = rejections.first else { return }
        throw HubError.conflict("\(first.ref) was refused: \(first.reason)")
    }
}
