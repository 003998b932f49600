import HubCore
import HubDatabase

/// Which job comes next.
///
/// What branches and pull requests stand at comes before what only tags name. Within each of the two repositories take
/// turns, however many jobs one of them has: a job's turn is the one behind the last of its repository, but not before
/// the turn that the queue is at.
enum JobOrder {
    /// How soon a revision is to be validated; less is sooner.
    enum Urgency: Int {
        case head = 0
        case tag = 1
    }

    /// The turn of the next job of a repository.
    static func nextTurn(
        of repository: Int64, _ urgency: Urgency, in connection: any SQLConnection
    ) throws -> Int64 {
        let row = try connection.queryOne(
            """
            SELECT (SELECT MIN(turn) FROM job WHERE urgency = ?),
                   (SELECT MAX(turn) FROM job WHERE urgency = ? AND repository_id = ?)
            """,
            [urgency.rawValue, urgency.rawValue, repository])
        guard let row, let front = try row.optional(0, row.int64) else { return 0 }
        return max(front, try row.optional(1, row.int64).map { $0 + 1 } ?? 0)
    }

    /// Lets the job on `subject` come as soon as if a branch stood there, because somebody waits for its report.
    static func hurry(_ subject: [UInt8], in connection: any SQLConnection) throws {
        let row = try connection.queryOne(
            "SELECT id, repository_id FROM job WHERE subject = ? AND urgency > ?", [subject, Urgency.head.rawValue])
        guard let row else { return }
        let turn = try nextTurn(of: row.int64(1), .head, in: connection)
        try connection.execute(
            "UPDATE job SET urgency = ?, turn = ? WHERE id = ?", [Urgency.head.rawValue, turn, try row.int64(0)])
    }
}
