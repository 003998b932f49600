import HubChunks
import HubCore
import HubDatabase
import HubGit

/// Plain files of git that are so large that their bytes are kept in chunks.
///
/// To git and to everyone who reads a repository they are files like others.
struct PlainFileContent: Sendable {
    let git: GitStore
    let content: ContentStore

    /// The SHA-256 of such files by their names in git.
    typealias Digests = [ObjectID: ContentDigest]

    /// What the chunk store knows a repository by that has such a file.
    ///
    /// Not by its row id: it is no large file of the repository, which lists, deletes and gives out those by themselves.
    static func scope(of repository: Int64) -> Int64 { repository | 1 << 62 }

    /// The repository of a scope, be it of plain files or of any others.
    static func repository(of scope: Int64) -> Int64 { scope & ~(1 << 62) }

    /// Brings files of a push into the chunk store, one after the other, and holds them for the push.
    func ingest(_ blobs: Set<ObjectID>, of push: Push) async throws -> Digests {
        guard let quarantine = push.quarantine else { return [:] }
        let lease = Lease(uploader: push.caller.user?.id ?? -1, scope: Self.scope(of: push.repository.rowID))
        var digests: Digests = [:]
        for id in blobs where try quarantine.holds(id) {
            digests[id] = try await content.ingest(lease: lease) { take in
                try await quarantine.forEachPiece(of: id, take)
            }.digest
        }
        return digests
    }

    /// Makes the content of those files that rest in chunks the repository's.
    static func link(
        _ files: [NewContent.File],
        to repository: Int64,
        git: borrowing GitRepository,
        in connection: any SQLConnection
    ) throws {
        let contents = try git.contents(of: files.map(\.id))
        try ContentStore.link(Set(contents.values), to: scope(of: repository), in: connection)
    }

    func open(_ place: BlobPlace) async throws -> any ByteReader {
        switch place {
        case .memory(let bytes): BufferReader(bytes)
        case .chunks(let digest): try await content.open(digest)
        }
    }
}
