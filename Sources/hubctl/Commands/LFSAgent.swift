import ArgumentParser
import Foundation
import HubClient
import HubCore
import HubGit

struct LFSAgent: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lfs-agent",
        abstract: "Send and fetch large files in chunks when stock git pushes and pulls.",
        discussion: """
            git-lfs starts this itself, once it is told to:

              hubctl lfs-agent --install

            From then on a push to a hub sends only the chunks it lacks. Other servers do not notice.
            """)

    @Flag(help: "Tell git-lfs of the agent, for all your repositories.") var install = false
    @Flag(help: "Take that back.") var uninstall = false
    @Flag(help: "With --install or --uninstall: only for the repository around.") var local = false

    private static let section = "lfs.customtransfer.hub"

    func validate() throws {
        guard !install || !uninstall else { throw ValidationError("--install and --uninstall exclude each other.") }
        guard !local || install || uninstall else { throw ValidationError("--local goes with --install.") }
    }

    func run() async throws {
        if local, try StockGit.ask("rev-parse", "--git-dir") == nil {
            throw HubError.notFound("there is no git repository here; --local is for the one around")
        }
        if install { return try configure() }
        if uninstall {
            try StockGit.removeSection(Self.section, isLocal: local)
            return print("git-lfs no longer uses hubctl.")
        }
        try await serve()
    }

    private func configure() throws {
        try StockGit.configure("\(Self.section).path", StockGit.hubctl, isLocal: local)
        try StockGit.configure("\(Self.section).args", "lfs-agent", isLocal: local)
        try StockGit.configure("\(Self.section).concurrent", "true", isLocal: local)
        print("git-lfs uses hubctl for hubs now.")
    }

    private func serve() async throws {
        let environment = ProcessInfo.processInfo.environment
        let store = try CredentialStore(environment: environment)
        let agent = TransferAgent(
            .init(
                folder: Self.folder, url: Self.url, sources: Self.sources, authorities: TrustedAuthorities.asGit
            ) { address in try store.resolve(hub: address) })
        let output = AnswerWriter()
        try await agent.run(next: { readLine() }, answer: output.write)
    }

    /// Where downloads grow that are under way.
    @Sendable private static func folder() throws -> String {
        let folder = "\(try storage())/incomplete"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        return folder
    }

    @Sendable private static func sources() throws -> [LocalSource] {
        try LocalSources.list(
            in: LargeFileStore(folder: storage()), and: FileManager.default.currentDirectoryPath)
    }

    /// Where git-lfs keeps what it has.
    private static func storage() throws -> String {
        guard let git = try StockGit.ask("rev-parse", "--absolute-git-dir"),
            let common = try StockGit.ask("rev-parse", "--git-common-dir")
        else { throw HubError.notFound("there is no git repository here") }
        var base = common.hasPrefix("/") ? common : FileManager.default.currentDirectoryPath + "/" + common
        if common == "." || common == ".git" { base = git }
        var storage = "\(base)/lfs"
        if let chosen = try StockGit.ask("config", "--get", "lfs.storage"), !chosen.isEmpty {
            storage = chosen.hasPrefix("/") ? chosen : "\(base)/\(chosen)"
        }
        return storage
    }

    /// The URL that git-lfs would ask: what the configuration says of git-lfs, or else the remote's own.
    @Sendable private static func url(of remote: String) throws -> String {
        if let url = try StockGit.ask("config", "--get", "remote.\(remote).lfsurl") { return url }
        if let url = try StockGit.ask("config", "--get", "lfs.url") { return url }
        return try StockGit.ask("remote", "get-url", remote) ?? remote
    }
}

/// Writes answers to standard output, one whole line at a time.
private final class AnswerWriter: Sendable {
    func write(_ answer: AgentAnswer) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(answer) + Data("\n".utf8) else { return }
        FileHandle.standardOutput.write(line)
    }
}
