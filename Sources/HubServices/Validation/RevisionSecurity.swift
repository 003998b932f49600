package import HubCore

/// What validation knows of the safety of a revision's files.
package struct RevisionSecurity: Sendable {
    /// Whether all files have been looked at.
    package let isDone: Bool
    package let findings: [Finding]
}

extension ValidationService {
    /// What is known of a commit; nil if nobody ever asked for its validation.
    package func security(of commit: CommitID, in record: RepositoryRecord) async throws -> RevisionSecurity? {
        do {
            let report = try await report(at: commit, in: record, waiting: 0)
            return RevisionSecurity(isDone: report.state == .done, findings: report.findings)
        } catch HubError.notFound {
            return nil
        }
    }
}
