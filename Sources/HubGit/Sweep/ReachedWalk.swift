import HubDatabase
import Synchronization

/// How the refs of all repositories stand, as far as two such values can be compared: each change of a ref makes
/// another one.
struct RefState: Equatable, Sendable {
    private let repositories: Int64
    private let changes: Int64

    init(_ connection: any SQLConnection) throws {
        let row = try connection.queryOne("SELECT COUNT(*), COALESCE(SUM(version), 0) FROM git_ref_version")
        (repositories, changes) = (try row?.int64(0) ?? 0, try row?.int64(1) ?? 0)
    }
}

/// Walks from the refs of all repositories, and again from those that change meanwhile.
final class ReachedWalk: Sendable {
    private struct State {
        var reached = NumberSet()
        var seen: RefState?

        /// The version of each repository's refs that were walked from.
        var versions: [Int64: Int64] = [:]
    }

    private let store: GitStore
    private let state = Mutex(State())

    init(store: GitStore) { self.store = store }

    /// The numbers of all objects that were reached.
    var reached: NumberSet { state.withLock { $0.reached } }

    /// The refs that these are reached from; whatever these reach is in ``reached``.
    var seen: RefState? { state.withLock { $0.seen } }

    /// Walks from every repository that was not walked from, or whose refs have changed since.
    func catchUp() async throws {
        let (seen, repositories) = try await store.database.read { connection in
            let rows = try connection.query(
                """
                SELECT known.id, COALESCE(git_ref_version.version, 0)
                FROM (SELECT repository_id AS id FROM git_ref UNION SELECT repository_id FROM git_closure) AS known
                LEFT JOIN git_ref_version ON git_ref_version.repository_id = known.id
                """)
            return (try RefState(connection), try rows.map { (id: try $0.int64(0), version: try $0.int64(1)) })
        }
        let walked = state.withLock { $0.versions }
        for repository in repositories where walked[repository.id] != repository.version {
            try Task.checkCancellation()
            try await walk(repository.id)
            // It may have been walked from later refs; then it is walked from once more.
            state.withLock { $0.versions[repository.id] = repository.version }
        }
        state.withLock { $0.seen = seen }
    }

    private func walk(_ repository: Int64) async throws {
        do {
            // Not as what is committed: a sweep comes by everything, and leaves what is remembered to those who use it.
            let isWhole = try await store.database.read { connection in
                let git = try self.store.open(connection, repository)
                return try self.state.withLock { state in try git.mark(in: &state.reached) }
            }
            guard !isWhole else { return }
            // Numbers of objects that may be removed must not be believed when their commits come back.
            try await store.database.write { connection in
                try ClosureRows(connection: connection).remove(of: repository)
            }
            try await store.keepClosures(of: repository)
        } catch let error as GitError {
            throw GitError(code: error.code, message: "repository \(repository): \(error.message)")
        }
    }
}
