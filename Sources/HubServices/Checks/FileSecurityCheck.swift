import HubCore
import HubTensors

/// Refuses files that could harm whoever loads them, found by what they hold and not by their names.
struct FileSecurityCheck: PushCheck {
    func findings(for revision: CheckedRevision) async throws -> [Finding] {
        var findings: [Finding] = []
        for entry in revision.changedEntries where !entry.isSymlink {
            findings += try await SecurityCheck.findings(path: entry.path, reader: revision.open(entry))
        }
        return findings
    }
}
