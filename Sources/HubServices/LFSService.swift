import HubChunks
package import HubCore
import HubDatabase

/// The content side of git-lfs: what is stored, and links to send and fetch it (git-lfs, "Batch API", basic transfer).
///
/// Links are signed, so that a client follows them without its token.
package struct LFSService: Sendable {
    let database: any SQLDatabase
    let content: ContentStore
    let access: Access
    let signer: TokenSigner
    let limits: HubLimits

    /// Seconds for which a link may be used.
    private static let lifetime: Int64 = 3600

    package enum Operation: String, Sendable, Codable {
        case upload
        case download
    }

    /// What a client is told about one object.
    package enum Instruction: Sendable {
        /// Stored and linked already: nothing to send.
        case nothing
        /// Send or fetch the bytes with this signature.
        case transfer(signature: String, expiry: Int64)
        case problem(code: Int, message: String)
    }

    private struct Link: Codable {
        let operation: Operation
        let repository: Int64
        let user: Int64?
        let digest: ContentDigest
        let size: Int
    }

    package func instruct(
        _ operation: Operation,
        _ pointer: LFSPointer,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws -> Instruction {
        guard pointer.size >= 0, pointer.size <= limits.contentBytes else {
            return .problem(code: 422, message: "a file may have at most \(limits.contentBytes) bytes")
        }
        let isHere = try await isPresent(pointer, in: record, for: caller)
        switch operation {
        case .upload where isHere: return .nothing
        case .download where !isHere:
            return .problem(code: 404, message: "\(record.id) has no content \(pointer.digest.hex)")
        case .upload, .download:
            let link = Link(
                operation: operation, repository: record.rowID, user: caller.user?.id, digest: pointer.digest,
                size: pointer.size)
            let signed = try signer.sign(link, purpose: "lfs", lifetime: Self.lifetime)
            return .transfer(signature: signed.text, expiry: signed.expiry)
        }
    }

    /// Whether this caller could read the content here, or has sent it.
    package func isPresent(_ pointer: LFSPointer, in record: RepositoryRecord, for caller: Caller) async throws -> Bool
    {
        let uploader = caller.user?.id
        let missing = try await database.read { connection in
            try ContentStore.missing([pointer.digest], scope: record.rowID, uploader: uploader, in: connection)
        }
        guard missing.isEmpty, let stored = try await content.content(pointer.digest) else { return false }
        return stored.size == pointer.size
    }

    /// Stores the bytes of an upload link; refuses them when size or SHA-256 are not what the link says.
    package func receive(
        signature: String,
        body: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws {
        let link = try signer.verify(signature, purpose: "lfs", as: Link.self)
        guard link.operation == .upload, let user = link.user else {
            throw HubError.forbidden("this link does not allow an upload")
        }
        let stored = try await content.ingest(
            LimitedBody(base: body, limit: link.size), lease: Lease(uploader: user, scope: link.repository))
        guard stored.digest == link.digest else {
            throw HubError.invalid("the uploaded bytes have the SHA-256 \(stored.digest), not \(link.digest)")
        }
    }

    /// Opens the content of a download link.
    package func open(signature: String) async throws -> (reader: any ByteReader, digest: ContentDigest) {
        let link = try signer.verify(signature, purpose: "lfs", as: Link.self)
        guard link.operation == .download else { throw HubError.forbidden("this link does not allow a download") }
        return (try await content.open(link.digest), link.digest)
    }
}
