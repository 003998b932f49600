import HubCore
package import HubGit
import HubTensors

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

    /// The body of `GET …/info/refs`, or what a conversation over a pipe begins with.
    ///
    /// - Parameter asked: The client's `Git-Protocol` header.
    package func advertise(
        _ service: Service,
        _ record: RepositoryRecord,
        asked: String?,
        isOverHTTP: Bool = true
    ) async throws -> [UInt8] {
        let version = ProtocolVersion(asked: asked)
        return try await git.read(record.rowID) { git in
            switch service {
            case .uploadPack: try UploadPack.advertisement(of: git, version: version, isOverHTTP: isOverHTTP)
            case .receivePack: try ReceivePack.advertisement(of: git, version: version, isOverHTTP: isOverHTTP)
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

    /// A whole fetch over a connection that stays open.
    ///
    /// - Parameter asked: The client's variable `GIT_PROTOCOL`.
    package func uploadPack(
        _ record: RepositoryRecord,
        asked: String?,
        from input: some AsyncSequence<[UInt8], any Error> & Sendable,
        write: ([UInt8]) async throws -> Void
    ) async throws {
        let version = ProtocolVersion(asked: asked)
        try await UploadPackConversation(store: git, repository: record.rowID, version: version)
            .run(input, send: write)
    }

    private func unpack(_ request: [UInt8], limit: Int) throws -> [UInt8] {
        guard let (bytes, isWhole) = try? Gzip.unpack(request, limit: limit) else {
            throw HubError.invalid("the request's gzip encoding is damaged")
        }
        guard isWhole else { throw HubError.tooLarge("the request is cut short, or over \(limit) bytes unpacked") }
        return bytes
    }

    /// Takes in a push, of which nothing has moved when this returns; ``publish(_:to:by:logger:write:)`` goes on.
    ///
    /// - Parameter body: What the client sends; pieces of any length.
    package func receivePack(
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws -> ReceivedPush {
        do {
            return try await ReceivePack.receive(body, scratch: scratch, limits: limits.packs)
        } catch let error as GitError {
            throw HubError.invalid(error.message)
        }
    }
}
