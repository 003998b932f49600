import HubChunks
package import HubCore
import HubGit

/// One page of a listing.
package struct RevisionPage: Sendable {
    package let entries: [RevisionEntry]

    /// Whether more follow.
    package let hasMore: Bool
}

extension RevisionService {
    /// How far back the last change of a path is looked for, in commits.
    private static let historyLimit = 10_000

    /// What stands below `path` at a commit, `limit` entries after the first `skip`.
    ///
    /// With `recursive`, folders and all they hold. A path that is no folder is ``HubError/entryNotFound(_:)``.
    package func page(
        at commit: CommitID,
        below path: String,
        recursive: Bool,
        skip: Int,
        limit: Int,
        in record: RepositoryRecord
    ) async throws -> RevisionPage {
        do {
            let (entries, hasMore) = try await git.read(record.rowID) { git in
                let page = try git.treePage(of: commit, path: path, recursive: recursive, skip: skip, limit: limit)
                return (try page.entries.map { try RevisionEntry($0, git: git) }, page.hasMore)
            }
            return RevisionPage(entries: try await described(entries), hasMore: hasMore)
        } catch let error as GitError where error.code == .notFound {
            throw HubError.entryNotFound("\(path.prefix(300)) does not exist on \"\(commit.hex)\"")
        }
    }

    /// What stands at each of `paths`, in their order; those where there is nothing are left out.
    package func entries(
        at commit: CommitID,
        paths: [String],
        in record: RepositoryRecord
    ) async throws -> [RevisionEntry] {
        let found = try await git.read(record.rowID) { git in
            try paths.compactMap { path in
                path.isEmpty ? nil : try RevisionEntry.find(path, at: commit, git: git)
            }
        }
        return try await described(found)
    }

    /// For each path the commit that last changed it; one that is very old may be missing.
    package func lastChanges(
        of paths: [String],
        at commit: CommitID,
        in record: RepositoryRecord
    ) async throws -> [String: RevisionLogEntry] {
        let limit = Self.historyLimit
        return try await git.read(record.rowID) { git in
            try git.lastCommits(of: paths, at: commit, limit: limit).mapValues(RevisionLogEntry.init)
        }
    }

    /// Adds the Xet hashes of large files.
    private func described(_ entries: [RevisionEntry]) async throws -> [RevisionEntry] {
        let stored = try await content.contents(entries.compactMap { $0.pointer?.digest })
        return entries.map { entry in
            var entry = entry
            entry.xetHash = entry.pointer.flatMap { stored[$0.digest]?.fileHash }
            return entry
        }
    }
}
