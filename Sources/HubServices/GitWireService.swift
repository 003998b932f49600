import HubCore
package import HubGit

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
    ///   - body: What the client sends; pieces of any length.
    ///   - asked: The client's `Git-Protocol` header.
    ///   - isCompressed: Whether the body is a gzip file; git compresses long ones.
    package func uploadPack(
        _ record: RepositoryRecord,
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable,
        asked: String?,
        isCompressed: Bool
    ) async throws -> some AsyncSequence<[UInt8], any Error> & Sendable {
        let request = try await negotiation(in: body, isCompressed: isCompressed)
        return try await UploadPack(store: git)
            .answer(request, version: ProtocolVersion(asked: asked), in: record.rowID)
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

    private func negotiation(
        in body: some AsyncSequence<[UInt8], any Error> & Sendable,
        isCompressed: Bool
    ) async throws -> [UInt8] {
        let limit = 64 << 20
        var request: [UInt8] = []
        do {
            for try await piece in PlainBody(body, isCompressed: isCompressed, limit: .max) {
                guard request.count + piece.count <= limit else {
                    throw HubError.tooLarge("the negotiation is over \(limit) bytes")
                }
                request += piece
            }
        } catch let error as GitError {
            throw HubError.invalid(error.message)
        }
        return request
    }

    /// Takes in a push, of which nothing has moved when this returns; ``publish(_:to:by:logger:write:)`` goes on.
    ///
    /// - Parameters:
    ///   - body: What the client sends; pieces of any length.
    ///   - isCompressed: Whether the body is a gzip file.
    package func receivePack(
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable,
        isCompressed: Bool = false
    ) async throws -> ReceivedPush {
        // Behind the longest pack there may be a whole other one's worth of commands.
        let plain = PlainBody(body, isCompressed: isCompressed, limit: limits.packs.packBytes * 2)
        do {
            return try await ReceivePack.receive(plain, scratch: scratch, limits: limits.packs)
        } catch let error as GitError {
            throw HubError.invalid(error.message)
        }
    }
}
