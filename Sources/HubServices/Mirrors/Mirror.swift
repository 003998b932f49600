import HubCore
import HubDatabase

/// A row of `mirror`: a repository that follows another one.
package struct Mirror: Sendable {
    package let repository: RepositoryRecord
    package let url: String

    /// Where its large files are asked for; nil is where git-lfs would.
    package let lfsURL: String?

    /// What the upstream is shown.
    let remoteUser: String?
    let token: String?

    /// In whose name refs are moved.
    package let user: AccountRecord

    /// Seconds between two runs that go well.
    package let everySeconds: Int64

    /// Unix seconds.
    package let nextRunAt: Int64
    package let leaseUntil: Int64

    /// How many runs have ended, and how many failed since the last that went well.
    package let runs: Int64
    package let failures: Int64
    package let lastRunAt: Int64?
    package let lastSuccessAt: Int64?

    /// What became of the last run, as a sentence; nil before the first.
    package let lastResult: String?

    /// Whether the token is one that the hub has to show.
    package var hasToken: Bool { token != nil }

    /// In whose name a run works: never more than the user may do themselves.
    var caller: Caller {
        Caller(
            user: .init(id: user.id, name: user.name, isAdmin: user.isAdmin), scope: .write, tokenName: "mirror")
    }

    /// Seconds until the next run: twice as long after each failure, at most a day or the usual time.
    static func delay(every seconds: Int64, afterFailures failures: Int64) -> Int64 {
        var delay = seconds
        for _ in 0..<min(failures, 20) { delay = min(delay * 2, 86_400) }
        return max(delay, seconds)
    }
}

extension Mirror {
    private static let selection = """
        SELECT mirror.repository_id, mirror.url, mirror.lfs_url, mirror.remote_user, mirror.token, mirror.every_seconds,
               mirror.next_run_at, mirror.lease_until, mirror.runs, mirror.failures, mirror.last_run_at,
               mirror.last_success_at, mirror.last_result, account.id, account.name, account.kind, account.is_admin
        FROM mirror JOIN account ON account.id = mirror.user_id
        """

    init(_ row: SQLRow, in connection: any SQLConnection) throws {
        guard let record = try RepositoryRecord.find(rowID: row.int64(0), in: connection) else {
            throw SQLError.other("a mirror has lost its repository")
        }
        repository = record
        url = try row.string(1)
        lfsURL = try row.optional(2, row.string)
        remoteUser = try row.optional(3, row.string)
        token = try row.optional(4, row.string)
        everySeconds = try row.int64(5)
        nextRunAt = try row.int64(6)
        leaseUntil = try row.int64(7)
        runs = try row.int64(8)
        failures = try row.int64(9)
        lastRunAt = try row.optional(10, row.int64)
        lastSuccessAt = try row.optional(11, row.int64)
        lastResult = try row.optional(12, row.string)
        user = AccountRecord(
            id: try row.int64(13), name: try row.string(14), kind: try .init(rawValue: row.string(15)) ?? .user,
            isAdmin: try row.bool(16))
    }

    static func find(_ repository: Int64, in connection: any SQLConnection) throws -> Mirror? {
        try connection.queryOne("\(selection) WHERE mirror.repository_id = ?", [repository])
            .map { row in try Mirror(row, in: connection) }
    }

    static func all(in connection: any SQLConnection) throws -> [Mirror] {
        try connection.query("\(selection) ORDER BY mirror.repository_id").map { row in try Mirror(row, in: connection)
        }
    }

    /// The one that has waited longest of those that are due and that nobody runs.
    static func due(at instant: Int64, in connection: any SQLConnection) throws -> Mirror? {
        try connection.queryOne(
            "\(selection) WHERE mirror.next_run_at <= ? AND mirror.lease_until <= ? ORDER BY mirror.next_run_at LIMIT 1",
            [instant, instant]
        ).map { row in try Mirror(row, in: connection) }
    }
}
