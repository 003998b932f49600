import HubCore
import HubGit
import HubTensors
package import Logging

/// Git over HTTP, seen from the hub's rules: what is advertised, fetched and pushed.
///
/// Callers have asked `Access` for the repository before.
package struct GitWireService: Sendable {
    let git: GitStore
    let pushes: PushService
    let limits: HubLimits
    let scratch: String

    /// The two services of git's smart protocol, by the names git gives them.
    package enum Service: String, Sendable {
        case uploadPack = "git-upload-pack"
        case receivePack = "git-receive-pack"
    }

    /// The body of `GET …/info/refs`.
    ///
    /// - Parameter asked: The client's `Git-Protocol` header.
    package func advertise(_ service: Service, _ record: RepositoryRecord, asked: String?) async throws -> [UInt8] {
        let version = ProtocolVersion(asked: asked)
        return try await git.read(record.rowID) { git in
            switch service {
            case .uploadPack: try UploadPack.advertisement(of: git, version: version)
            case .receivePack: try ReceivePack.advertisement(of: git, version: version)
            }
        }
    }

    /// The answer to a fetch, piece by piece.
    ///
    /// - Parameters:
    ///   - asked: The client's `Git-Protocol` header.
    ///   - isCompressed: Whether the request is a gzip file; git compresses long ones.
    ///   - limit: The most bytes the request may have, unpacked.
    package func uploadPack(
        _ record: RepositoryRecord,
        request: [UInt8],
        asked: String?,
        isCompressed: Bool,
        limit: Int
    ) async throws -> some AsyncSequence<[UInt8], any Error> & Sendable {
        let plain = isCompressed ? try unpack(request, limit: limit) : request
        return try await UploadPack(store: git).answer(plain, version: ProtocolVersion(asked: asked), in: record.rowID)
    }

    private func unpack(_ request: [UInt8], limit: Int) throws -> [UInt8] {
        guard let (bytes, isWhole) = try? Gzip.unpack(request, limit: limit) else {
            throw HubError.invalid("the request's gzip encoding is damaged")
        }
        guard isWhole else { throw HubError.tooLarge("the request is cut short, or over \(limit) bytes unpacked") }
        return bytes
    }

    /// Takes in a push and publishes it whole or not at all; the report tells the client which.
    package func receivePack(
        _ record: RepositoryRecord,
        by caller: Caller,
        body: some AsyncSequence<[UInt8], any Error> & Sendable,
        logger: Logger
    ) async throws -> [UInt8] {
        let received = try await receive(body, for: record)
        guard !received.commands.isEmpty else { return [] }
        do {
            guard received.problem == nil else { return received.report(refusal(received, received.problem ?? "")) }
            let push = Push(
                to: record, by: caller,
                updates: received.commands.map { .init($0.ref, from: $0.old, to: $0.new) },
                quarantine: received.quarantine, via: "git")
            let findings = try await pushes.publish(push)
            logger.info("Push accepted", metadata: ["repo": "\(record.id)", "refs": "\(received.commands.count)"])
            return received.report(
                received.commands.map { RefStatus($0.ref) }, remarks: findings.map(\.description))
        } catch let error as HubError {
            logger.info("Push refused", metadata: ["repo": "\(record.id)", "reason": "\(error)"])
            return refused(received, for: error)
        } catch let error as GitError {
            return received.report(refusal(received, error.message))
        } catch {
            logger.error("Push failed", metadata: ["repo": "\(record.id)", "error": "\(error)"])
            return received.report(refusal(received, "internal error; the hub's log says more"))
        }
    }

    private func receive(
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable,
        for record: RepositoryRecord
    ) async throws -> ReceivedPush {
        var packLimits = PushLimits()
        packLimits.packBytes = limits.packBytes
        packLimits.objects = limits.packObjects
        // A plain file over the limit is told with its path, so it has to come in first.
        packLimits.objectBytes = max(packLimits.objectBytes, limits.plainFileBytes)
        do {
            return try await ReceivePack.receive(
                body, in: record.rowID, of: git, scratch: scratch, limits: packLimits)
        } catch let error as GitError {
            throw HubError.invalid(error.message)
        }
    }

    /// The findings go to the terminal line by line, and the ref is refused with the first of them.
    private func refused(_ received: ReceivedPush, for error: HubError) -> [UInt8] {
        switch error {
        case .refused(let findings):
            let first = findings.first { $0.severity == .error }?.description ?? "refused by the hub's checks"
            return received.report(refusal(received, first), remarks: findings.map(\.description))
        case .missingContent(let digests):
            let sentence =
                "the content of \(digests.count) large file\(digests.count == 1 ? "" : "s") is not on the hub; "
                + "push with hubctl, or run 'git lfs push --all' first"
            return received.report(refusal(received, sentence), remarks: digests.prefix(20).map { "missing \($0.hex)" })
        default: return received.report(refusal(received, error.description))
        }
    }

    private func refusal(_ received: ReceivedPush, _ sentence: String) -> [RefStatus] {
        received.commands.map { RefStatus($0.ref, problem: sentence) }
    }
}
