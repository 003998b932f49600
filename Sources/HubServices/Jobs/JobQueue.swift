package import HubCore
package import HubDatabase
import HubGit
import Synchronization

/// Work the hub has promised to do, one row each.
///
/// A job is leased, not taken: whoever runs it renews the lease, and when a process dies the next one finds the
/// lease run out and takes over.
package struct JobQueue: Sendable {
    package struct Job: Sendable {
        package let id: Int64
        package let subject: [UInt8]
        package let repository: Int64
        package let commit: CommitID

        /// How often it was started, this time included.
        package let attempts: Int
    }

    /// Seconds a lease holds without being renewed.
    package static let leaseSeconds: Int64 = 60

    let database: any SQLDatabase
    let now: Now

    package init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    /// Takes the next job nobody works on: see ``JobOrder``.
    package func lease() async throws -> Job? {
        let instant = now.seconds
        return try await database.write { connection in
            let row = try connection.queryOne(
                """
                UPDATE job SET state = 'running', attempts = attempts + 1, lease_until = ?
                WHERE id = (
                    SELECT id FROM job WHERE state = 'queued' OR lease_until < ? ORDER BY urgency, turn, id LIMIT 1)
                RETURNING id, subject, repository_id, commit_id, attempts
                """,
                [instant + Self.leaseSeconds, instant]
            )
            return try row.map { row in
                Job(
                    id: try row.int64(0), subject: try row.blob(1), repository: try row.int64(2),
                    commit: try row.objectID(3), attempts: try row.int(4))
            }
        }
    }

    /// Keeps a running job ours for another while.
    package func renew(_ job: Job) async throws {
        let until = now.seconds + Self.leaseSeconds
        try await database.write { connection in
            try connection.execute("UPDATE job SET lease_until = ? WHERE id = ?", [until, job.id])
        }
    }

    /// Puts a job back, to be run by whoever comes next.
    ///
    /// - Parameter countsAsAttempt: False when it was interrupted through no fault of its own.
    package func release(_ job: Job, countsAsAttempt: Bool) async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE job SET state = 'queued', lease_until = 0, attempts = attempts - ? WHERE id = ?",
                [countsAsAttempt ? 0 : 1, job.id]
            )
        }
    }

    /// Puts back what an earlier process left running; for hubs that are one process.
    package func reclaimAll() async throws {
        try await database.write { connection in
            try connection.execute("UPDATE job SET state = 'queued', lease_until = 0 WHERE state = 'running'")
        }
    }

    /// Hands the jobs of a repository that goes to others whose refs stand at the same commits, such as its forks, and
    /// removes the rest.
    static func leave(_ repository: Int64, in connection: any SQLConnection) throws {
        let jobs = try connection.query("SELECT id, commit_id FROM job WHERE repository_id = ?", [repository])
            .map { (id: try $0.int64(0), commit: try $0.objectID(1)) }
        guard !jobs.isEmpty else { return }
        let heirs = try GitStore.repositories(at: Set(jobs.map(\.commit)), except: repository, in: connection)
        for job in jobs {
            guard let heir = heirs[job.commit] else { continue }
            try connection.execute("UPDATE job SET repository_id = ? WHERE id = ?", [heir, job.id])
        }
        try connection.execute("DELETE FROM job WHERE repository_id = ?", [repository])
    }

    package func count() async throws -> Int {
        try await database.read { connection in try connection.queryOne("SELECT COUNT(*) FROM job")?.int(0) ?? 0 }
    }
}

/// Wakes the job runner when there is something to do.
///
/// A lost wake-up costs a second at most: the runner looks by itself too.
package final class JobSignal: Sendable {
    private let isRaised = Mutex(false)

    package init() {}

    package func wake() { isRaised.withLock { $0 = true } }

    /// Returns when someone has called ``wake()``, or after a second.
    func wait() async throws {
        for _ in 0..<20 {
            let wasRaised = isRaised.withLock { raised in
                defer { raised = false }
                return raised
            }
            guard !wasRaised else { return }
            try await Task.sleep(for: .milliseconds(50))
        }
    }
}
