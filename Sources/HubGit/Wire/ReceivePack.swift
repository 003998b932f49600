package import HubCore
import NIOPosix

/// The server side of `git push` over smart HTTP, up to where someone decides about it.
package enum ReceivePack {
    /// The body of `GET …/info/refs?service=git-receive-pack`.
    ///
    /// Refs of pull requests are left out: a push cannot move them, and a mirroring push must not try to delete them.
    ///
    /// Version 2 has no pushes; who asks for it gets version 0, as from git.
    package static func advertisement(
        of repository: borrowing GitRepository, version: ProtocolVersion = .zero, isOverHTTP: Bool = true
    ) throws -> [UInt8] {
        let refs = try repository.refs().filter { !$0.name.isPullRequest }
        return Advertisement(isOverHTTP: isOverHTTP, version: version == .two ? .zero : version)
            .bytes(
                service: "git-receive-pack", refs: refs.map { ($0.name.name, $0.target) }, capabilities: capabilities)
    }

    private static let capabilities = [
        "report-status", "delete-refs", "side-band-64k", "quiet", "atomic", "ofs-delta",
    ]

    /// Takes in the body of `POST …/git-receive-pack`: its commands, and its pack into a file in `scratch`.
    ///
    /// A pack that is damaged or over a limit is not thrown but told in ``ReceivedPush/problem``, because the client
    /// expects a report; the rest of such a body is read and dropped. Thrown is what is not a push at all
    /// (``GitError`` or ``HubError/invalid(_:)``), and failures of disk or database.
    package static func receive(
        _ body: some AsyncSequence<[UInt8], any Error>, in repository: Int64, of store: GitStore, scratch: String,
        limits: PushLimits = PushLimits()
    ) async throws -> ReceivedPush {
        var commands = PushCommands(limit: limits.commands)
        var receiver = try PackReceiver(scratch: scratch, limits: limits, threads: .singleton)
        var problem: String?
        for try await piece in body {
            let rest = try commands.read(piece)
            guard problem == nil, !rest.isEmpty else { continue }
            do {
                try await receiver.receive(rest)
            } catch let error as GitError where error.code == .invalid {
                problem = error.message
            }
        }
        guard commands.isComplete else {
            throw GitError(code: .endOfFile, message: "the push ends in the middle of its commands")
        }
        var push = ReceivedPush(commands: commands.commands, capabilities: commands.capabilities, problem: problem)
        guard problem == nil, push.bringsPack || !receiver.isEmpty else { return push }
        do {
            push.quarantine = try await receiver.finish(in: repository, of: store)
        } catch let error as GitError where error.code == .invalid || error.code == .endOfFile {
            push.problem = error.message
        }
        return push
    }
}

/// A push that has arrived and of which nothing is visible yet.
package struct ReceivedPush: Sendable {
    /// In the order they were sent, each ref once; none is what git sends to find out whether it may push.
    package let commands: [RefCommand]

    let capabilities: Set<String>

    /// Why the pack cannot be used, as a sentence; the whole push is then refused.
    package fileprivate(set) var problem: String?

    /// The new objects; nil if only refs are deleted, or there is a problem.
    package fileprivate(set) var quarantine: Quarantine?

    init(commands: [RefCommand], capabilities: Set<String>, problem: String?) {
        self.commands = commands
        self.capabilities = capabilities
        self.problem = problem
    }

    /// Whether the client wants all refs moved or none.
    package var isAtomic: Bool { capabilities.contains("atomic") }

    /// What the commands move refs to.
    package var tips: [ObjectID] { commands.compactMap(\.new) }

    fileprivate var bringsPack: Bool { commands.contains { $0.new != nil } }

    /// The body of the answer: what became of each command, and lines for the client's terminal.
    ///
    /// `problem` is what kept the pack from being used at all. A push without commands is answered with nothing.
    package func report(_ statuses: [RefStatus], remarks: [String] = []) -> [UInt8] {
        guard !commands.isEmpty else { return [] }
        let words =
            capabilities.contains("side-band-64k") ? remarks.flatMap { SideBand.progress.encode($0 + "\n") } : []
        guard capabilities.contains("report-status") else { return words }
        var report = PacketLine.encode("unpack \(problem.map(Self.oneLine) ?? "ok")\n")
        for status in statuses {
            let line = status.problem.map { "ng \(status.ref) \(Self.oneLine($0))" } ?? "ok \(status.ref)"
            report += PacketLine.encode("\(line.prefix(4000))\n")
        }
        report += PacketLine.flushBytes
        guard capabilities.contains("side-band-64k") else { return report }
        return words + SideBand.data.encode(report) + PacketLine.flushBytes
    }

    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ")
    }
}
