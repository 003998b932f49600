import Foundation
import HubChunks
import HubCore
import HubDatabase
import HubGit
import Synchronization

/// What a repository comes to: history, objects, files, bytes.
package struct StatisticsService: Sendable {
    let database: any SQLDatabase
    let git: GitStore

    /// What the refs reach only changes with the refs.
    private let known = KnownStatistics()

    init(database: any SQLDatabase, git: GitStore) {
        self.database = database
        self.git = git
    }

    package struct Statistics: Sendable {
        package let branches: Int
        package let tags: Int
        package let pullRequests: Int
        package let otherRefs: Int
        let history: GitStatistics
        let content: ContentStatistics

        /// Of the plain files that are kept in chunks.
        let chunked: ContentStatistics

        /// Of the default branch, the largest first.
        package let largestFiles: [(path: String, size: Int, isLarge: Bool)]

        /// Unix seconds, and the door it came through.
        package let lastPush: (time: Int64, ref: String, door: String)?

        /// Those the caller may see.
        package let forks: Int

        /// Objects of one kind, and their bytes, inflated.
        package typealias Share = (count: Int, bytes: Int)

        package var commits: Share { (history.commits.count, history.commits.bytes) }
        package var trees: Share { (history.trees.count, history.trees.bytes) }
        package var blobs: Share { (history.blobs.count, history.blobs.bytes) }
        package var tagObjects: Share { (history.tags.count, history.tags.bytes) }
        package var longestHistory: Int { history.longestHistory }

        /// False if there is more than was counted.
        package var isWhole: Bool { history.isWhole }

        package var largeFiles: Share { (content.files, content.bytes) }

        /// Bytes at rest that only this repository needs, and those that others need too.
        package var storedAlone: Int { content.storedAlone + chunked.storedAlone }
        package var storedShared: Int { content.storedShared + chunked.storedShared }
    }

    private static let fileCount = 10
    private static let forkLimit = 10_000

    /// Counts it all; whoever asks must have been let in to read.
    package func statistics(of record: RepositoryRecord, for caller: Caller) async throws -> Statistics {
        let known = known
        let (refs, history, files) = try await git.read(record.rowID) { git in
            let refs = try git.refs()
            let history = try known.statistics(of: record.rowID, at: refs) { try git.statistics() }
            return (refs, history, try Self.largestFiles(git))
        }
        return try await database.read { connection in
            func content(_ scope: Int64) throws -> ContentStatistics {
                let visible = try ContentStore.neighbours(of: scope, in: connection).filter { other in
                    try Access.mayRead(PlainFileContent.repository(of: other), caller, in: connection)
                }
                return try ContentStore.statistics(of: scope, sharedWith: visible, in: connection)
            }
            return Statistics(
                branches: refs.count { $0.name.isBranch }, tags: refs.count { $0.name.isTag },
                pullRequests: refs.count { $0.name.isPullRequest },
                otherRefs: refs.count { !$0.name.isBranch && !$0.name.isTag && !$0.name.isPullRequest },
                history: history, content: try content(record.rowID),
                chunked: try content(PlainFileContent.scope(of: record.rowID)),
                largestFiles: files, lastPush: try Self.lastPush(to: record.rowID, in: connection),
                forks: try Self.forks(of: record.rowID, for: caller, in: connection))
        }
    }

    private static func largestFiles(
        _ git: borrowing GitRepository
    ) throws -> [(path: String, size: Int, isLarge: Bool)] {
        guard let head = try git.ref(git.defaultBranch)?.commit else { return [] }
        let files = try RevisionEntry.list(at: head, below: "", recursive: true, git: git).filter { !$0.isFolder }
        return files.sorted { ($1.size, $0.path) < ($0.size, $1.path) }.prefix(fileCount)
            .map { ($0.path, $0.size, $0.pointer != nil) }
    }

    private static func lastPush(
        to repository: Int64,
        in connection: any SQLConnection
    ) throws -> (time: Int64, ref: String, door: String)? {
        let row = try connection.queryOne(
            """
            SELECT created_at, payload FROM event WHERE repository_id = ? AND kind = 'ref-moved'
            ORDER BY id DESC LIMIT 1
            """, [repository])
        return try row.map { row in
            let payload = try JSONDecoder().decode([String: String].self, from: Data(row.string(1).utf8))
            return (try row.int64(0), payload["ref"] ?? "", payload["via"] ?? "")
        }
    }

    private static func forks(
        of repository: Int64,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> Int {
        try connection.query("SELECT id FROM repository WHERE upstream_id = ? LIMIT ?", [repository, forkLimit])
            .count { row in try Access.maySee(row.int64(0), caller, in: connection) }
    }
}

/// The counts of the repositories last asked about.
private final class KnownStatistics: Sendable {
    private struct Entry {
        let refs: Int
        let statistics: GitStatistics
    }

    private let entries = Mutex<[Int64: Entry]>([:])
    private static let limit = 256

    func statistics(
        of repository: Int64,
        at refs: [GitRef],
        _ count: () throws -> GitStatistics
    ) rethrows -> GitStatistics {
        var hasher = Hasher()
        refs.forEach { hasher.combine($0.target.bytes) }
        let state = hasher.finalize()
        if let entry = entries.withLock({ $0[repository] }), entry.refs == state { return entry.statistics }
        let statistics = try count()
        entries.withLock { entries in
            if entries.count >= Self.limit { entries.removeAll() }
            entries[repository] = Entry(refs: state, statistics: statistics)
        }
        return statistics
    }
}
