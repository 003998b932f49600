import HubCore
package import HubGit
package import Logging

/// A push by git, on its way from what was received to the report the client waits for.
extension GitWireService {
    /// Publishes a push and hands the answer, piece by piece, to `write`.
    ///
    /// All refs or none if the client says `--atomic`, otherwise each ref by itself. Whatever goes wrong is in the
    /// report; thrown is only what `write` throws. While the hub thinks, something is written every few seconds.
    package func publish(
        _ received: ReceivedPush,
        to record: RepositoryRecord,
        by caller: Caller,
        logger: Logger,
        write: ([UInt8]) async throws -> Void
    ) async throws {
        guard !received.isProbe else { return }
        let (pieces, continuation) = AsyncStream<[UInt8]>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { continuation.finish() }
                continuation.yield(
                    await answer(received, record, caller, logger) { piece in continuation.yield(piece) })
            }
            group.addTask {
                while true {
                    try await Task.sleep(for: Self.keepAliveInterval)
                    continuation.yield(received.keepAlive)
                }
            }
            for await piece in pieces where !piece.isEmpty { try await write(piece) }
            group.cancelAll()
        }
    }

    private static var keepAliveInterval: Duration { .seconds(5) }

    /// So many findings and missing files are told one by one.
    private static var toldLines: Int { 50 }

    /// So many objects take long enough to say something meanwhile.
    private static var manyObjects: Int { 1000 }

    private func answer(
        _ received: ReceivedPush,
        _ record: RepositoryRecord,
        _ caller: Caller,
        _ logger: Logger,
        tell: ([UInt8]) -> Void
    ) async -> [UInt8] {
        var received = received
        do {
            try await received.unpack(in: record.rowID, of: git)
            guard received.problem == nil else { return received.report(refusal(received, received.problem ?? "")) }
            if let count = received.quarantine?.objectCount, count >= Self.manyObjects {
                tell(received.progress("Checking \(count) objects."))
            }
            let outcome = try await publish(received, record, caller)
            logger.info(
                "Push accepted",
                metadata: [
                    "repo": "\(record.id)", "refs": "\(received.commands.count - outcome.refused.count)",
                    "refused": "\(outcome.refused.count)",
                ])
            tell(received.remark((received.quarantine?.remarks ?? []) + lines(outcome.findings)))
            return received.report(
                received.commands.map { command in
                    RefStatus(
                        command.ref, problem: outcome.refused[command.ref]?.description,
                        isForced: outcome.rewritten.contains(command.ref))
                })
        } catch let error as HubError {
            logger.info("Push refused", metadata: ["repo": "\(record.id)", "reason": "\(error)"])
            let (sentence, lines) = explain(error)
            tell(received.remark(lines))
            return received.report(refusal(received, sentence))
        } catch let error as GitError {
            return received.report(refusal(received, error.message))
        } catch let error where HubError(ofFullDisk: error) != nil {
            let sentence = "the hub's disk is full; nothing was published"
            logger.info("Push refused", metadata: ["repo": "\(record.id)", "reason": "\(sentence)"])
            return received.report(refusal(received, sentence))
        } catch {
            logger.error("Push failed", metadata: ["repo": "\(record.id)", "error": "\(error)"])
            return received.report(refusal(received, "internal error; the hub's log says more"))
        }
    }

    private func publish(
        _ received: ReceivedPush,
        _ record: RepositoryRecord,
        _ caller: Caller
    ) async throws -> PushOutcome {
        let push = Push(
            to: record, by: caller, updates: received.commands.map { .init($0.ref, from: $0.old, to: $0.new) },
            quarantine: received.quarantine, rewritesHistory: try await pushes.mayRewind(record, caller), via: "git",
            options: received.options)
        guard received.isAtomic else { return try await pushes.publishEach(push) }
        if let (ref, problem) = received.refusedNames.first {
            throw HubError.invalid("\(ref) was refused, and the push is atomic: \(problem)")
        }
        return try await pushes.publishAll(push)
    }

    /// The findings go to the terminal line by line, and the refs are refused with the first of them.
    private func explain(_ error: HubError) -> (sentence: String, lines: [String]) {
        switch error {
        case .refused(let findings):
            let first = findings.first { $0.severity == .error }?.description
            return (first ?? "refused by the hub's checks", lines(findings))
        case .missingContent(let digests):
            let sentence =
                "the content of \(digests.count) large file\(digests.count == 1 ? "" : "s") is not on the hub; "
                + "push with hubctl, or run 'git lfs push --all' first"
            return (sentence, digests.prefix(Self.toldLines).map { "missing \($0.hex)" })
        default: return (error.description, [])
        }
    }

    private func lines(_ findings: [Finding]) -> [String] {
        let rest = findings.count - Self.toldLines
        return findings.prefix(Self.toldLines).map(\.description) + (rest > 0 ? ["and \(rest) more"] : [])
    }

    private func refusal(_ received: ReceivedPush, _ sentence: String) -> [RefStatus] {
        received.commands.map { RefStatus($0.ref, problem: sentence) }
    }
}
