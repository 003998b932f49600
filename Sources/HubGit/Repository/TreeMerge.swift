package import HubCore

/// What became of a three-way merge of two revisions.
package struct TreeMerge: Sendable {
    package let ours: CommitID
    package let theirs: CommitID

    /// What the merge does to `ours`, conflicts left out; text that merged line by line is here as new bytes.
    package var changes: [FileChange]

    /// What git cannot decide; ours stays in place until someone does.
    package let conflicts: [MergeConflict]
}

/// One path that both sides changed.
package struct MergeConflict: Hashable, Sendable {
    package let path: String
    package let base: TreeEntry?
    package let ours: TreeEntry?
    package let theirs: TreeEntry?

    /// Whether lines could be merged by hand: every side that exists is a small file without zero bytes.
    package let isText: Bool
}

/// What someone decided about a conflict.
package enum MergeResolution: Sendable {
    case ours
    case theirs
    case bytes([UInt8])
    case delete
}
