import Foundation
package import HubCore
package import HubDatabase

/// Content in and out: files by their SHA-256, kept as chunks in xorbs that all repositories share.
///
/// A *scope* is a repository's row id. Content is visible through a scope it is linked to, or to the uploader
/// whose lease holds it; knowing a hash is never enough. Nothing is visible under a hash before the store itself
/// has hashed the bytes.
package struct ContentStore: Sendable {
    let database: any SQLDatabase
    let backend: any BlobBackend
    let scratch: String
    let options: ContentStoreOptions

    /// The key of deduplication answers: clients cannot tell hashes of chunks they do not have.
    let dedupKey: [UInt8]

    /// - Parameter scratch: An existing folder for files being written, on the blobs' filesystem.
    package init(
        database: any SQLDatabase, backend: any BlobBackend, scratch: String, options: ContentStoreOptions = .init()
    ) {
        self.database = database
        self.backend = backend
        self.scratch = scratch
        self.options = options
        var generator = SystemRandomNumberGenerator()
        dedupKey = (0..<32).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    /// When what is uploaded now is let go, in Unix seconds.
    package var leaseExpiry: Int { options.now() + options.leaseDuration }

    /// Removes files a process that was killed left in the scratch folder; to be called before any upload.
    package func removeLeftovers() async throws {
        try await onBlockingThread { [scratch] in try ScratchFile.removeLeftovers(in: scratch) }
    }
}

package struct ContentStoreOptions: Sendable {
    /// How long an upload stays before something must link it, in seconds.
    package var leaseDuration = 86_400

    /// How long a xorb stays for the Xet client that sent it, in seconds.
    ///
    /// Official clients remember what they sent for 21 days, and refer to it without sending it again.
    package var sentXorbLeaseDuration = 22 * 86_400

    /// How long a client may use a deduplication answer, in seconds.
    package var dedupAnswerLifetime = 3600

    /// Uncompressed bytes at which a xorb made by the hub itself is full; an ingest holds about as much in memory.
    package var ingestXorbCapacity = 16 << 20

    /// Unix seconds.
    package var now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970) }

    package init() {}
}

/// Who sends bytes, and for which repository.
package struct Lease: Hashable, Sendable {
    package let uploader: Int64
    package let scope: Int64

    package init(uploader: Int64, scope: Int64) {
        self.uploader = uploader
        self.scope = scope
    }
}

/// Whether the caller may read the repository with this row id.
package typealias ScopeAccess = @Sendable (_ scope: Int64) async throws -> Bool

/// A file the store has: all of it, hashed by the store.
package struct StoredContent: Hashable, Sendable {
    package let digest: ContentDigest

    /// In bytes.
    package let size: Int
    package let fileHash: XetHash

    package init(digest: ContentDigest, size: Int, fileHash: XetHash) {
        self.digest = digest
        self.size = size
        self.fileHash = fileHash
    }
}
