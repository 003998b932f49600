package import HubCore
import NIOPosix

/// The server side of `git push`, up to where someone decides about it.
package enum ReceivePack {
    /// The body of `GET …/info/refs?service=git-receive-pack`.
    ///
    /// Refs that are the hub's own are left out: a push cannot move them, and a mirroring push must not try to delete them.
    ///
    /// Version 2 has no pushes; who asks for it gets version 0, as from git.
    package static func advertisement(
        of repository: borrowing GitRepository, version: ProtocolVersion = .zero, isOverHTTP: Bool = true
    ) throws -> [UInt8] {
        let refs = try repository.refs().filter { !$0.name.isPullRequest && !$0.name.isConversion }
        return Advertisement(isOverHTTP: isOverHTTP, version: version == .two ? .zero : version)
            .bytes(
                service: "git-receive-pack", refs: refs.map { ($0.name.name, $0.target) }, capabilities: capabilities)
    }

    package static let capabilities = [
        "report-status", "report-status-v2", "delete-refs", "side-band-64k", "quiet", "atomic", "ofs-delta",
        "push-options",
    ]

    /// Takes in what a client pushes: its commands, and its pack into a file in `scratch`.
    ///
    /// Works on the body of `POST …/git-receive-pack` as on the bytes of a pipe. A pipe need not end when only refs are
    /// deleted: nothing is read behind such commands.
    ///
    /// What is over a limit, or finds no room on the disk, is not thrown but told in ``ReceivedPush/problem``, because the
    /// client expects a report; the rest of such a body is read and dropped. Thrown is what is not a push at all
    /// (``GitError``).
    package static func receive(
        _ body: some AsyncSequence<[UInt8], any Error>, scratch: String, limits: PushLimits = PushLimits()
    ) async throws -> ReceivedPush {
        var commands = PushCommands(limit: limits.commands)
        var receiver: PackReceiver?
        var problem: String?
        for try await piece in body {
            let rest = try commands.read(piece)
            if commands.isComplete, !commands.mayBringPack, rest.isEmpty, receiver == nil { break }
            guard problem == nil, !rest.isEmpty else { continue }
            do {
                var taking = try receiver ?? PackReceiver(scratch: scratch, limits: limits, threads: .singleton)
                receiver = nil
                try await taking.receive(rest)
                receiver = taking
            } catch let error as GitError {
                problem = error.message
            }
        }
        guard commands.isComplete else {
            throw GitError(code: .endOfFile, message: "the push ends in the middle of its commands")
        }
        if receiver == nil, problem == nil, commands.bringPack { problem = "the pack is missing" }
        return ReceivedPush(commands: commands, pack: receiver, problem: problem)
    }
}

/// A push that has arrived and of which nothing is visible yet.
package struct ReceivedPush: Sendable {
    /// In the order they were sent, each ref once; none is what git sends to find out whether it may push.
    package let commands: [RefCommand]

    /// Refs the hub does not take by their names, each with why; their commands are not among the others.
    package let refusedNames: [(ref: String, problem: String)]

    /// What `git push -o` added.
    package let options: [String]

    private let capabilities: Set<String>
    private var pack: PackReceiver?

    /// Why nothing of the push can be used, as a sentence.
    package private(set) var problem: String?

    /// The new objects, once they are unpacked; nil if only refs are deleted, or there is a problem.
    package private(set) var quarantine: Quarantine?

    fileprivate init(commands: PushCommands, pack: PackReceiver?, problem: String?) {
        self.commands = commands.commands
        refusedNames = commands.refusedNames
        options = commands.options
        capabilities = commands.capabilities
        self.pack = pack
        self.problem = commands.problem ?? problem
    }

    /// Whether the client wants all refs moved or none.
    package var isAtomic: Bool { capabilities.contains("atomic") }

    /// Whether git sent this only to find out whether it may push.
    package var isProbe: Bool { commands.isEmpty && refusedNames.isEmpty }

    /// What the commands move refs to.
    package var tips: [ObjectID] { commands.compactMap(\.new) }

    /// Finds the objects of the pack, and makes those whole that came as deltas; `store` is asked for what they stand on.
    ///
    /// A pack that is damaged, over a limit or too much for the disk becomes the push's ``problem``.
    package mutating func unpack(in repository: Int64, of store: GitStore) async throws {
        guard problem == nil, var pack else { return }
        do {
            quarantine = try await pack.finish(in: repository, of: store)
        } catch let error as GitError where [.invalid, .endOfFile, .diskFull].contains(error.code) {
            problem = error.message
        }
        self.pack = nil
    }
}

// MARK: The answer

extension ReceivedPush {
    private var usesSideBand: Bool { capabilities.contains("side-band-64k") }

    /// Sent now and then while the client waits, so that nothing in between takes the connection for dead.
    package var keepAlive: [UInt8] { usesSideBand ? SideBand.emptyPacket : [] }

    /// A line for the client's terminal about how far things are; nothing if it does not want to know.
    package func progress(_ line: String) -> [UInt8] { capabilities.contains("quiet") ? [] : remark([line]) }

    /// Lines for the client's terminal.
    package func remark(_ lines: [String]) -> [UInt8] {
        usesSideBand ? lines.flatMap { SideBand.progress.encode(Self.oneLine($0) + "\n") } : []
    }

    /// The end of the answer: what became of each command.
    ///
    /// A push without commands is answered with nothing.
    package func report(_ statuses: [RefStatus]) -> [UInt8] {
        guard !isProbe else { return [] }
        let end = usesSideBand ? PacketLine.flushBytes : []
        let tellsMore = capabilities.contains("report-status-v2")
        guard tellsMore || capabilities.contains("report-status") else { return end }
        var report = PacketLine.encode("unpack \(problem.map(Self.oneLine) ?? "ok")\n")
        for status in statuses {
            report += Self.line(status.ref.name, status.problem)
            if tellsMore, status.isForced, status.problem == nil {
                report += PacketLine.encode("option forced-update\n")
            }
        }
        for (ref, problem) in refusedNames { report += Self.line(ref, problem) }
        report += PacketLine.flushBytes
        return (usesSideBand ? SideBand.data.encode(report) : report) + end
    }

    private static func line(_ ref: String, _ problem: String?) -> [UInt8] {
        let line = problem.map { "ng \(ref) \(oneLine($0))" } ?? "ok \(ref)"
        return PacketLine.encode("\(line.prefix(4000))\n")
    }

    /// What may go to a terminal.
    private static func oneLine(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: "; ").spelledOut
    }
}
