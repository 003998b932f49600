import Crypto
import Foundation
package import HubCore
package import HubDatabase

/// Reports, kept by the digest of what was validated.
///
/// A fork of the same weights has the same trees, hence the same subjects: its reports are already there.
package struct ReportStore: Sendable {
    let database: any SQLDatabase
    let now: Now

    /// What one validation is about: a tree and the tree it is compared with.
    package struct Subject: Sendable, Hashable {
        let digest: [UInt8]

        /// Changes whenever a validation would come to another result on the same input.
        private static let edition = "validation 1"

        /// - Parameters:
        ///   - tree: The root tree of the revision.
        ///   - parent: The root tree of its first parent, if it has one.
        package init(tree: ObjectID, parent: ObjectID?) {
            let text = "\(Self.edition)\n\(tree.hex)\n\(parent?.hex ?? "none")\n"
            digest = Array(SHA256.hash(data: Array(text.utf8)))
        }
    }

    package init(database: any SQLDatabase, now: Now) {
        self.database = database
        self.now = now
    }

    /// The report on `subject`: finished, running, queued, or nil if nobody asked for one.
    package func report(on subject: Subject, commit: CommitID) async throws -> ValidationReport? {
        try await database.read { connection in
            let finished = try connection.queryOne("SELECT body FROM report WHERE subject = ?", [subject.digest])
            if let finished {
                var report = try JSONDecoder().decode(
                    ValidationReport.self, from: Data(finished.string(0).utf8))
                report.commit = commit.hex
                return report
            }
            let job = try connection.queryOne("SELECT state FROM job WHERE subject = ?", [subject.digest])
            return try job.map { row in
                ValidationReport(commit: commit.hex, state: try row.string(0) == "running" ? .running : .queued)
            }
        }
    }

    func store(_ report: ValidationReport, on subject: [UInt8]) async throws {
        let text = String(decoding: try JSONEncoder().encode(report), as: UTF8.self)
        let instant = now.seconds
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO report (subject, body, created_at) VALUES (?, ?, ?)
                ON CONFLICT (subject) DO UPDATE SET body = excluded.body, created_at = excluded.created_at
                """,
                [subject, text, instant]
            )
            try connection.execute("DELETE FROM job WHERE subject = ?", [subject])
        }
    }

    /// Lets the validation of `subject` come sooner, because somebody waits for the report.
    func hurry(_ subject: Subject) async throws {
        try await database.write { connection in try JobOrder.hurry(subject.digest, in: connection) }
    }

    /// Queues validations in the transaction that publishes the revisions, in this order, but of those that have a
    /// report.
    static func enqueue(
        _ revisions: [(subject: Subject, commit: CommitID)],
        _ urgency: JobOrder.Urgency = .head,
        repository: Int64,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        var turn = try JobOrder.nextTurn(of: repository, urgency, in: connection)
        for start in stride(from: 0, to: revisions.count, by: batch) {
            let some = revisions[start..<min(start + batch, revisions.count)]
            let marks = Array(repeating: "?", count: some.count).joined(separator: ", ")
            let known = Set(
                try connection.query(
                    "SELECT subject FROM report WHERE subject IN (\(marks))", some.map(\.subject.digest)
                ).map { row in try row.blob(0) })
            let new = some.filter { !known.contains($0.subject.digest) }
            guard !new.isEmpty else { continue }
            let rows = Array(repeating: "('validate', ?, ?, ?, 'queued', ?, ?, ?)", count: new.count)
            try connection.execute(
                """
                INSERT INTO job (kind, subject, repository_id, commit_id, state, created_at, urgency, turn)
                VALUES \(rows.joined(separator: ", "))
                ON CONFLICT (kind, subject) DO UPDATE SET
                    repository_id = excluded.repository_id, commit_id = excluded.commit_id,
                    urgency = excluded.urgency, turn = excluded.turn
                WHERE excluded.urgency < job.urgency
                """,
                new.enumerated().flatMap { place, revision in
                    [
                        revision.subject.digest, repository, revision.commit, instant, urgency.rawValue,
                        turn + Int64(place),
                    ] as [any SQLValueConvertible]
                })
            turn += Int64(new.count)
        }
    }

    /// How many rows one statement reads or writes.
    private static let batch = 64
}
