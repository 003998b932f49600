package import HubCore

/// Looks at a revision before its ref moves.
///
/// A check reads headers, never weights: the client is waiting. An error thrown by a check refuses the push, because a
/// check that cannot run has failed.
package protocol PushCheck: Sendable {
    func findings(for revision: CheckedRevision) async throws -> [Finding]
}

/// A revision that is about to be published.
package struct CheckedRevision: Sendable {
    /// All files.
    package let entries: [RevisionEntry]

    /// The paths that differ from what the ref stood at before.
    package let changed: Set<String>

    /// Opens one of the entries.
    package let open: @Sendable (RevisionEntry) async throws -> any ByteReader

    package init(
        entries: [RevisionEntry],
        changed: Set<String>,
        open: @escaping @Sendable (RevisionEntry) async throws -> any ByteReader
    ) {
        self.entries = entries
        self.changed = changed
        self.open = open
    }

    var changedEntries: [RevisionEntry] { entries.filter { changed.contains($0.path) } }
}

/// Every check a push must pass.
///
/// Adding one is a file in this folder and a word here.
package enum PushChecks {
    package static func all(_ limits: HubLimits) -> [any PushCheck] {
        [FileCountCheck(limit: limits.filesPerRevision), CheckpointStructureCheck(), FileSecurityCheck()]
    }
}

/// Refuses revisions with more files than the hub is configured for.
struct FileCountCheck: PushCheck {
    let limit: Int

    func findings(for revision: CheckedRevision) -> [Finding] {
        guard revision.entries.count > limit else { return [] }
        return [Finding(.error, "the revision has \(revision.entries.count) files; this hub takes \(limit)", in: "")]
    }
}
