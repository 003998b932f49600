import Crypto
package import HubCore
import HubDatabase

/// A file a shard has made known.
package struct RegisteredFile: Hashable, Sendable {
    package let fileHash: XetHash
    package let digest: ContentDigest

    /// In bytes.
    package let size: Int

    package init(fileHash: XetHash, digest: ContentDigest, size: Int) {
        self.fileHash = fileHash
        self.digest = digest
        self.size = size
    }
}

/// Tells how many of how many bytes of a shard's files are verified.
package typealias ShardProgress = @Sendable (_ verified: Int, _ total: Int) -> Void

extension ContentStore {
    /// Takes a client's shard: registers its files once everything it says about them has been found true.
    ///
    /// Files may use chunks the uploader sent, and chunks of repositories it may read; a claim on any others is
    /// refused as if they did not exist. The SHA-256 of a file that is new is computed from its bytes. Registering
    /// a file twice is fine.
    package func registerShard(
        _ bytes: [UInt8], lease: Lease, mayRead: @escaping ScopeAccess
    ) async throws -> [RegisteredFile] {
        guard bytes.count <= Shard.sizeLimit else {
            throw HubError.tooLarge("the shard exceeds \(Shard.sizeLimit) bytes; send several")
        }
        return try await register(try ShardReader(bytes), lease: lease, mayRead: mayRead) { _, _ in }
    }

    /// As ``registerShard(_:lease:mayRead:)``, for a shard whose form has been checked.
    package func register(
        _ shard: ShardReader, lease: Lease, mayRead: @escaping ScopeAccess, progress: @escaping ShardProgress
    ) async throws -> [RegisteredFile] {
        let total = shard.length
        progress(0, total)
        var registration = ShardRegistration(store: self, lease: lease, mayRead: mayRead) { progress($0, total) }
        try await shard.forEachXorb { try await registration.check($0) }
        var files: [RegisteredFile] = []
        var seen: Set<XetHash> = []
        try await shard.forEachFile { file in
            guard seen.insert(file.hash).inserted else { return }
            files.append(try await registration.register(file))
        }
        return files
    }
}

/// One shard's way into the store.
private struct ShardRegistration {
    private let store: ContentStore
    private let lease: Lease
    private var visibility: Visibility
    private let xorbs: XorbCache
    private let progress: (_ verified: Int) -> Void

    /// Bytes of files that are verified.
    private var verified = 0

    init(
        store: ContentStore, lease: Lease, mayRead: @escaping ScopeAccess, progress: @escaping (_ verified: Int) -> Void
    ) {
        self.store = store
        self.lease = lease
        self.progress = progress
        visibility = Visibility(database: store.database, lease: lease, now: store.options.now(), mayRead: mayRead)
        xorbs = XorbCache(database: store.database)
    }

    /// A listed xorb must be stored, visible, and hold exactly the chunks listed.
    mutating func check(_ listed: Shard.Xorb) async throws {
        let xorb = try await visibleXorb(listed.hash, chunks: 0..<max(1, listed.chunks.count))
        guard xorb.layout.entries.map(\.chunk) == listed.chunks.map(\.chunk) else {
            throw HubError.invalid("the shard lists other chunks for xorb \(listed.hash) than it holds")
        }
    }

    mutating func register(_ file: Shard.File) async throws -> RegisteredFile {
        guard file.verification.count == file.terms.count else {
            throw HubError.invalid("file \(file.hash) of the shard has no verification hashes")
        }
        var chunks: [Chunk] = []
        var terms: [StoredTerm] = []
        for (term, verification) in zip(file.terms, file.verification) {
            let xorb = try await visibleXorb(term.span.xorb, chunks: term.span.chunks)
            let named = xorb.layout.entries[term.span.chunks].map(\.chunk)
            guard named.reduce(0, { $0 + $1.length }) == term.length else {
                throw HubError.invalid(
                    "a term of file \(file.hash) claims \(term.length) bytes, which is not its length")
            }
            guard XetHasher.verification(named.map(\.hash)) == verification else {
                throw HubError.invalid("a term of file \(file.hash) has the wrong verification hash")
            }
            chunks += named
            terms.append(StoredTerm(xorb: xorb.id, chunks: term.span.chunks, length: term.length))
        }
        guard MerkleTree.fileHash(chunks) == file.hash else {
            throw HubError.invalid("the terms of file \(file.hash) make another file")
        }
        let content = try await verifiedContent(file, terms: terms)
        try await store.keep(content, terms: terms, lease: lease)
        verified += content.size
        progress(verified)
        return RegisteredFile(fileHash: file.hash, digest: content.digest, size: content.size)
    }

    /// The xorb, if all of these chunks exist and may be used; otherwise one error that tells nothing more.
    private mutating func visibleXorb(_ hash: XetHash, chunks: Range<Int>) async throws -> StoredXorb {
        guard let xorb = try await xorbs.xorb(hash), chunks.upperBound <= xorb.layout.entries.count,
            try await visibility.visibleChunks(of: xorb.id).contains(chunks)
        else {
            throw HubError.invalid(
                "the shard names chunks \(chunks.lowerBound)..<\(chunks.upperBound) of xorb \(hash), which has not been "
                    + "uploaded here; upload it first")
        }
        return xorb
    }

    /// The file with the SHA-256 the store itself found.
    private func verifiedContent(_ file: Shard.File, terms: [StoredTerm]) async throws -> StoredContent {
        // The file hash covers all bytes, so a file known by it has the SHA-256 found then.
        let known = try await store.content(fileHash: file.hash)
        let digest = if let known { known.digest } else { try await digest(of: file, terms: terms) }
        guard file.digest == nil || file.digest == digest else {
            throw HubError.invalid("file \(file.hash) of the shard does not have the SHA-256 it claims")
        }
        return StoredContent(digest: digest, size: file.length, fileHash: file.hash)
    }

    private func digest(of file: Shard.File, terms: [StoredTerm]) async throws -> ContentDigest {
        let unnamed = StoredContent(digest: ContentDigest(.zero), size: file.length, fileHash: file.hash)
        let reader = ContentReader(unnamed, terms: terms, xorbs: xorbs, backend: store.backend)
        var hasher = SHA256()
        var read = 0
        try await reader.stream(0..<reader.count) { bytes in
            hasher.update(data: bytes)
            read += bytes.count
            progress(verified + read)
        }
        return ContentDigest(hasher.finalize())
    }
}

extension ContentDigest {
    init(_ digest: SHA256.Digest) {
        self.init(digest.withUnsafeBytes { Digest256($0, at: 0) })
    }
}
