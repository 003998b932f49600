import HubCore
import HubGit
import Synchronization

/// What was found out last about pairs of commits: it holds for as long as there are commits.
///
/// Whoever asks has been let into the repository before.
final class PullRequestMemory: Sendable {
    private struct Pair: Hashable {
        let one: CommitID
        let other: CommitID
    }

    private struct Kept {
        var common = Recent<Pair, CommitID>(costLimit: 4096)

        /// By bytes of the paths.
        var conflicts = Recent<Pair, [String]>(costLimit: 4 << 20)

        /// By bytes of the texts.
        var diffs = Recent<Pair, String>(costLimit: 32 << 20)
    }

    private let kept = Mutex(Kept())

    /// The commit that a branch and a pull request have in common.
    func common(_ target: CommitID, _ head: CommitID) -> CommitID? {
        kept.withLock { $0.common[Pair(one: target, other: head)] }
    }

    func keep(common: CommitID, _ target: CommitID, _ head: CommitID) {
        kept.withLock { $0.common.set(common, for: Pair(one: target, other: head), cost: 1) }
    }

    /// The files that a branch and a pull request both changed in ways that do not go together.
    func conflicts(_ target: CommitID, _ head: CommitID) -> [String]? {
        kept.withLock { $0.conflicts[Pair(one: target, other: head)] }
    }

    func keep(conflicts: [String], _ target: CommitID, _ head: CommitID) {
        let cost = conflicts.reduce(200) { $0 + $1.utf8.count + 16 }
        kept.withLock { $0.conflicts.set(conflicts, for: Pair(one: target, other: head), cost: cost) }
    }

    /// What a pull request changes.
    func diff(_ base: CommitID, _ head: CommitID) -> String? {
        kept.withLock { $0.diffs[Pair(one: base, other: head)] }
    }

    func keep(diff: String, _ base: CommitID, _ head: CommitID) {
        kept.withLock { $0.diffs.set(diff, for: Pair(one: base, other: head), cost: diff.utf8.count + 200) }
    }
}
