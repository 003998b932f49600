import HubCore
import Synchronization

/// What a process remembers of repositories, so that not every request reads their whole history again.
///
/// Nothing here is a truth of its own: commits never change, and lists of refs are kept with the version they were read
/// at, which every change of a ref counts up. Another process, or a lost cache, changes no answer.
final class GitCaches: Sendable {
    private struct State {
        var tables = Recent<Int64, CommitTable>(costLimit: 1_000_000)
        var refs = Recent<Int64, RefSnapshot>(costLimit: 500_000)
        var plans = Recent<PackPlanKey, PackPlan>(costLimit: 2_000_000)
        var contents = Recent<Int64, ReachedObjects>(costLimit: 1_000_000)
    }

    private let state = Mutex(State())

    /// The part of a repository's history that is known.
    func table(of repository: Int64) -> CommitTable { state.withLock { $0.tables[repository] ?? CommitTable() } }

    /// Keeps a history if it is more than what is known.
    func keep(_ table: CommitTable, of repository: Int64) {
        state.withLock { state in
            guard table.count > state.tables[repository]?.count ?? 0 else { return }
            state.tables.set(table, for: repository, cost: table.count)
        }
    }

    /// The refs as they were at `version`, if they are known.
    func refs(of repository: Int64, at version: Int64) -> RefSnapshot? {
        state.withLock { state in state.refs[repository].flatMap { $0.version == version ? $0 : nil } }
    }

    func keep(_ refs: RefSnapshot, of repository: Int64) {
        state.withLock { $0.refs.set(refs, for: repository, cost: refs.refs.count + 1) }
    }

    func plan(_ key: PackPlanKey) -> PackPlan? { state.withLock { $0.plans[key] } }

    func keep(_ plan: PackPlan, for key: PackPlanKey) {
        state.withLock { $0.plans.set(plan, for: key, cost: plan.count + 500) }
    }

    func contents(of repository: Int64) -> ReachedObjects? { state.withLock { $0.contents[repository] } }

    func keep(_ contents: ReachedObjects, of repository: Int64) {
        state.withLock { $0.contents.set(contents, for: repository, cost: contents.count + 1) }
    }
}
