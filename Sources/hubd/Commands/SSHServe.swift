import ArgumentParser
import Foundation
import HubCore
import HubDatabase
import HubServices
import Logging

struct SSHServe: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ssh-serve",
        abstract: "Answer a git or git-lfs that came by SSH (the forced command of 'hubd ssh-keys').",
        discussion: "What is wanted is read from SSH_ORIGINAL_COMMAND; everything but git and git-lfs is refused."
    )

    @Option(help: "The number of the key that let the client in.") var key: Int64
    @OptionGroup var data: DataOption

    func run() async throws {
        do {
            try await serve()
        } catch let error as HubError {
            Self.complain("hubd: \(error)")
            throw ExitCode(1)
        }
    }

    private func serve() async throws {
        let config = try data.configuration()
        LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        let logger = Logger(label: "hubd")
        _ = try data.existingFolder()
        let embedded = try await EmbeddedHub.attach(config, logger: logger)
        let hub = embedded.hub
        let caller = try await hub.sshKeys.authenticate(key)
        let environment = ProcessInfo.processInfo.environment
        let line = environment["SSH_ORIGINAL_COMMAND"] ?? ""
        let version = environment["GIT_PROTOCOL"]
        switch try SSHCommand(parsing: line, bareNameOwner: config.bareNameOwner) {
        case .fetch(let id):
            try await hub.ssh.fetch(from: id, by: caller, version: version, from: StandardInput()) { bytes in
                try await StandardOutput.write(bytes)
            }
        case .push(let id):
            try await hub.ssh.push(to: id, by: caller, version: version, from: StandardInput(), logger: logger) {
                bytes in
                try await StandardOutput.write(bytes)
            }
        case .largeFiles(let id, let operation):
            try await tell(operation, id, caller, embedded, config)
        case .other(let command):
            Self.complain("hubd: \(SSHCommand.refusal(of: command))")
            throw ExitCode(128)
        case nil:
            Self.complain(
                "Hello \(caller.user?.name ?? "")! Your key is known to this hub, which gives no shell: "
                    + "it serves git and git-lfs over SSH, and nothing else.")
            throw ExitCode(1)
        }
        try embedded.database.close()
    }

    /// The answer git-lfs expects of `git-lfs-authenticate`.
    private struct LargeFileAccess: Encodable {
        let href: String
        let header: [String: String]
        let expires_in: Int64
    }

    private func tell(
        _ operation: LFSService.Operation,
        _ id: RepositoryID,
        _ caller: Caller,
        _ embedded: EmbeddedHub,
        _ config: HubdConfig
    ) async throws {
        guard let base = try config.publicURL ?? embedded.folder.readAddress() else {
            throw HubError.unavailable(
                "large files travel over HTTP, and this hub does not know its own address: set public-url")
        }
        let (record, token) = try await embedded.hub.ssh.largeFileToken(operation, for: id, by: caller)
        let answer = LargeFileAccess(
            href: "\(base)/\(record.id.kind.webPrefix)\(record.id.path).git/info/lfs",
            header: ["Authorization": "Bearer \(token)"], expires_in: LargeFileGrants.lifetime)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        try await StandardOutput.write(Array(try encoder.encode(answer)) + Array("\n".utf8))
    }

    private static func complain(_ sentence: String) {
        FileHandle.standardError.write(Data((sentence.safeForTerminal + "\n").utf8))
    }
}
