import HubChunks
package import HubCore
import HubDatabase
import HubGit

/// Reads repositories: refs, history, trees and files at a revision.
///
/// Everything here is seen through one repository: what its refs do not reach is not found. Callers have asked
/// `Access` before.
package struct RevisionService: Sendable {
    let git: GitStore
    let content: ContentStore

    /// A commit in a history.
    package typealias LogEntry = RevisionLogEntry

    /// The commit `revision` names, or the default branch's head when it is nil.
    ///
    /// Nil only for a repository without commits that is asked for its default branch; anything else that is not
    /// there is ``HubError/revisionNotFound(_:)``.
    package func resolve(_ revision: String?, in record: RepositoryRecord) async throws -> CommitID? {
        try await git.read(record.rowID) { git in try Self.resolve(revision, git: git) }
    }

    /// The same, inside a transaction.
    static func resolve(_ revision: String?, git: borrowing GitRepository) throws -> CommitID? {
        guard let revision else { return try git.ref(git.defaultBranch)?.commit }
        guard let commit = try git.resolve(revision) else {
            throw HubError.revisionNotFound("Invalid rev id: \(revision.prefix(200))")
        }
        return commit
    }

    /// The commit `revision` names.
    package func require(_ revision: String, in record: RepositoryRecord) async throws -> CommitID {
        guard let commit = try await resolve(revision, in: record) else {
            throw HubError.revisionNotFound("\(record.id) has no commits yet")
        }
        return commit
    }

    /// The commit `revision` names, or nil in a repository that has no commits at all.
    package func resolve(_ revision: String, orEmpty record: RepositoryRecord) async throws -> CommitID? {
        let (commit, isEmpty) = try await git.read(record.rowID) { git in
            (try git.resolve(revision), try git.isEmpty)
        }
        guard commit != nil || isEmpty else {
            throw HubError.revisionNotFound("Invalid rev id: \(revision.prefix(200))")
        }
        return commit
    }

    package func refs(of record: RepositoryRecord) async throws -> [(RefName, CommitID)] {
        try await git.read(record.rowID) { git in try git.refs().map { ($0.name, $0.commit) } }
    }

    package func defaultBranch(of record: RepositoryRecord) async throws -> RefName {
        try await git.read(record.rowID) { git in try git.defaultBranch }
    }

    /// The history of `start`, newest first.
    package func log(
        from start: CommitID,
        skip: Int,
        limit: Int,
        in record: RepositoryRecord
    ) async throws -> [RevisionLogEntry] {
        try await git.read(record.rowID) { git in
            try git.log(from: start, skip: skip, limit: limit).map(RevisionLogEntry.init)
        }
    }

    /// All files at a commit, in order of their paths.
    package func files(at commit: CommitID, in record: RepositoryRecord) async throws -> [RevisionEntry] {
        try await git.read(record.rowID) { git in
            try RevisionEntry.list(at: commit, below: "", recursive: true, git: git).filter { !$0.isFolder }
        }
    }

    /// A file that can be read.
    package struct OpenFile: Sendable {
        package let reader: any ByteReader

        /// The SHA-256 of a large file, the git id of a small one.
        package let etag: String
        package let isLarge: Bool
        package let xetHash: XetHash?
    }

    /// Opens the file at `path`; throws ``HubError/entryNotFound(_:)`` if there is none.
    package func open(_ path: String, at commit: CommitID, in record: RepositoryRecord) async throws -> OpenFile {
        let (entry, place) = try await git.read(record.rowID) { git -> (RevisionEntry, BlobPlace) in
            guard let found = try RevisionEntry.find(path, at: commit, git: git), !found.isFolder else {
                throw HubError.entryNotFound("there is no file '\(path.prefix(300))' at \(commit)")
            }
            return (found, found.pointer == nil ? try git.blob(found.id) : .memory([]))
        }
        guard let pointer = entry.pointer else {
            return OpenFile(reader: try await plain.open(place), etag: entry.id.hex, isLarge: false, xetHash: nil)
        }
        guard try await content.isLinked(pointer.digest, to: record.rowID) else {
            throw HubError.entryNotFound("the content of '\(path.prefix(300))' was deleted from \(record.id) for good")
        }
        return OpenFile(
            reader: try await content.open(pointer.digest),
            etag: pointer.digest.hex,
            isLarge: true,
            xetHash: try await content.content(pointer.digest)?.fileHash
        )
    }

    /// The bytes git keeps at `path`: of a large file its pointer.
    package func openRaw(_ path: String, at commit: CommitID, in record: RepositoryRecord) async throws -> OpenFile {
        let (id, place) = try await git.read(record.rowID) { git in
            guard let found = try RevisionEntry.find(path, at: commit, git: git), !found.isFolder else {
                throw HubError.entryNotFound("there is no file '\(path.prefix(300))' at \(commit)")
            }
            return (found.id, try git.blob(found.id))
        }
        return OpenFile(reader: try await plain.open(place), etag: id.hex, isLarge: false, xetHash: nil)
    }

    /// Opens an entry that came from a listing.
    func open(_ entry: RevisionEntry, in record: RepositoryRecord) async throws -> any ByteReader {
        if let pointer = entry.pointer {
            guard try await content.isLinked(pointer.digest, to: record.rowID) else {
                throw HubError.entryNotFound(
                    "the content of '\(entry.path.prefix(300))' was deleted from \(record.id) for good")
            }
            return try await content.open(pointer.digest)
        }
        return try await plain.open(try await git.read(record.rowID) { git in try git.blob(entry.id) })
    }

    private var plain: PlainFileContent { PlainFileContent(git: git, content: content) }
}

/// A commit as histories show it.
package struct RevisionLogEntry: Sendable {
    package let id: CommitID
    package let parents: [CommitID]
    package let title: String
    package let body: String
    package let author: String

    /// Unix seconds.
    package let time: Int64

    init(_ commit: Commit) {
        id = commit.id
        parents = commit.parents
        title = commit.title
        body = String(commit.body.reversed().drop { $0.isNewline }.reversed())
        author = commit.author.name
        time = commit.author.seconds
    }
}
