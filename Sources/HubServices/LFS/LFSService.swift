import HubChunks
package import HubCore
import HubDatabase

/// The content side of git-lfs: what is stored, and links to send and fetch it (git-lfs, "Batch API").
///
/// Links are signed, so that a client follows them without its token; they work as long as whom they were made for could
/// be given them again. A file comes whole (basic transfer) or in parts
/// (multipart, as the official Python client does it, or multipart-basic, as giftless does): each part is kept as content
/// of its own under the uploader's lease, so that parts can come in any order, again, and to any process of the hub.
package struct LFSService: Sendable {
    let database: any SQLDatabase
    let content: ContentStore
    let access: Access
    let signer: TokenSigner
    let xet: XetService
    let limits: HubLimits
    let now: Now

    /// Seconds for which a link may be used.
    package static let lifetime: Int64 = 3600

    enum Right: String, Codable {
        case download, upload, part, complete, commit, abort, verify
    }

    struct Link: Codable {
        let right: Right
        let bearer: Bearer

        /// Of the file, also where only a part of it is meant.
        let digest: ContentDigest

        /// Of what is sent or fetched by this link.
        let size: Int

        /// Bytes of each part but the last, for completing; of a part that is told from others by its place, too.
        var partSize: Int?

        /// The place of such a part, counted from 1.
        var number: Int?

        /// Of the whole file, where `size` is that of a part.
        var fileSize: Int?
    }

    /// Whether this caller could read the content here, or has sent it.
    package func isPresent(_ pointer: LFSPointer, in record: RepositoryRecord, for caller: Caller) async throws -> Bool
    {
        try await isPresent(pointer, scope: record.rowID, uploader: caller.user?.id)
    }

    func isPresent(_ pointer: LFSPointer, scope: Int64, uploader: Int64?) async throws -> Bool {
        try await stored(pointer.digest, scope: scope, uploader: uploader)?.size == pointer.size
    }

    /// The content, if it is the repository's or this uploader has sent it there.
    func stored(_ digest: ContentDigest, scope: Int64, uploader: Int64?) async throws -> StoredContent? {
        let missing = try await database.read { connection in
            try ContentStore.missing([digest], scope: scope, uploader: uploader, in: connection)
        }
        return missing.isEmpty ? try await content.content(digest) : nil
    }

    func sign(_ link: Link, lifetime: Int64 = LFSService.lifetime) throws -> String {
        try signer.sign(link, purpose: "lfs", lifetime: lifetime).text
    }

    /// Stores the bytes of an upload link; refuses them when size or SHA-256 are not what the link says.
    ///
    /// - Parameter length: What the request announces, if it does.
    package func receive(
        signature: String,
        length: Int?,
        body: some AsyncSequence<[UInt8], any Error> & Sendable
    ) async throws {
        let (link, lease) = try await uploading(signature, .upload)
        let stored = try await store(body, length: length, link, lease)
        guard stored.digest == link.digest else {
            throw HubError.invalid("the uploaded bytes have the SHA-256 \(stored.digest), not \(link.digest)")
        }
    }

    /// Stores what a link takes; anything longer or shorter is refused.
    func store(
        _ body: some AsyncSequence<[UInt8], any Error> & Sendable,
        length: Int?,
        _ link: Link,
        _ lease: Lease
    ) async throws -> StoredContent {
        guard length == nil || length == link.size else {
            throw HubError.invalid("the link takes \(link.size) bytes, and \(length ?? 0) are announced")
        }
        let stored = try await content.ingest(LimitedBody(base: body, limit: link.size), lease: lease)
        guard stored.size == link.size else {
            throw HubError.invalid("the link takes \(link.size) bytes, and \(stored.size) came")
        }
        return stored
    }

    /// Throws ``HubError/notFound(_:)`` unless the file of the link is stored.
    package func verify(signature: String, _ pointer: LFSPointer) async throws {
        let (link, lease) = try await uploading(signature, .verify)
        guard pointer.digest == link.digest, pointer.size == link.size,
            try await isPresent(pointer, scope: lease.scope, uploader: lease.uploader)
        else {
            throw HubError.notFound("the content \(pointer.digest.hex) with \(pointer.size) bytes is not stored")
        }
    }

    /// What an upload link allows, and for whom.
    func uploading(_ signature: String, _ right: Right) async throws -> (Link, Lease) {
        let link = try signer.verify(signature, purpose: "lfs", as: Link.self)
        guard link.right == right, let user = link.bearer.user else {
            throw HubError.forbidden("this link does not allow that")
        }
        try await access.requireStanding(link.bearer)
        return (link, Lease(uploader: user, scope: link.bearer.repository))
    }

    /// Opens the content of a download link, if it is the repository's still.
    package func open(signature: String) async throws -> (reader: any ByteReader, digest: ContentDigest) {
        let link = try signer.verify(signature, purpose: "lfs", as: Link.self)
        guard link.right == .download else { throw HubError.forbidden("this link does not allow a download") }
        let missing = try await database.read { connection in
            try Access.requireStanding(link.bearer, in: connection)
            return try ContentStore.missing(
                [link.digest], scope: link.bearer.repository, uploader: link.bearer.user, in: connection)
        }
        guard missing.isEmpty else {
            throw HubError.notFound("the content \(link.digest.hex) is not the repository's any more")
        }
        return (try await content.open(link.digest), link.digest)
    }
}
