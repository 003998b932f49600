import HubAPI
package import HubCore

/// A large file on this machine, named by the digest its pointer carries.
package struct LocalContent: Sendable, Hashable {
    package var path: String
    package var digest: ContentDigest
    package var size: Int

    package init(path: String, digest: ContentDigest, size: Int) {
        self.path = path
        self.digest = digest
        self.size = size
    }
}

/// What an upload did.
package struct UploadSummary: Sendable, Equatable {
    package var files = 0

    /// Of the files, before deduplication.
    package var bytes = 0

    /// On the wire, compressed.
    package var bytesSent = 0

    /// Of `bytes`, those that need not travel: the hub had them, or they came earlier in the same upload.
    package var bytesDeduplicated = 0
    package var xorbs = 0

    package init() {}
}

/// Content to fetch, and where to put it.
package struct DownloadItem: Sendable, Hashable {
    package var pointer: LFSPointer

    /// A file's path in a folder that exists; the file appears there whole and verified, or not at all.
    package var destination: String

    package init(pointer: LFSPointer, destination: String) {
        self.pointer = pointer
        self.destination = destination
    }
}

/// Moves large files between this machine and one repository, sending only chunks that the other side lacks.
package struct ContentTransfer: Sendable {
    package let connection: HubConnection
    package let repository: RepositoryID
    private let chunks: ChunkTransfer

    package init(connection: HubConnection, repository: RepositoryID) {
        self.connection = connection
        self.repository = repository
        chunks = ChunkTransfer(cas: CASConnection(connection: connection, repository: repository))
    }

    package typealias ProgressHandler = @Sendable (TransferProgress) -> Void

    /// Makes the hub hold the content of `files`, ready for a push to name it; see
    /// ``ChunkTransfer/upload(_:progress:)``.
    package func upload(
        _ files: [LocalContent], progress: @escaping ProgressHandler = { _ in }
    ) async throws -> UploadSummary {
        try await chunks.upload(files, progress: progress)
    }

    /// Fetches `items`, which the repository's `revision` names; see
    /// ``ChunkTransfer/download(_:named:reusing:progress:)``.
    package func download(
        _ items: [DownloadItem], at revision: String, reusing sources: [LocalSource] = [],
        progress: @escaping ProgressHandler = { _ in }
    ) async throws {
        guard !items.isEmpty else { return }
        let names = try await xetNames(at: revision)
        for item in items where item.pointer.size > 0 && names[item.pointer.digest] == nil {
            throw HubError.entryNotFound("\(revision) of \(repository) names no content \(item.pointer.digest)")
        }
        try await chunks.download(items, named: names, reusing: sources, progress: progress)
    }

    /// What the Xet routes call the large files of a revision.
    private func xetNames(at revision: String) async throws -> [ContentDigest: XetHash] {
        var names: [ContentDigest: XetHash] = [:]
        for entry in try await connection.tree(of: repository, at: revision) {
            guard let lfs = entry.lfs, let name = entry.xetHash else { continue }
            names[try ContentDigest(parsing: lfs.oid)] = try XetHash(parsing: name)
        }
        return names
    }
}
