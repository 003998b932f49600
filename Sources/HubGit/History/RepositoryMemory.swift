import HubCore

/// What one open repository has read of itself so far, and where it looks first.
final class RepositoryMemory {
    /// The part of the history that was needed.
    var table: CommitTable

    /// The refs; nil when they were not read, or have been changed since.
    var refs: RefSnapshot?

    /// Whether many refs are being moved one after the other, and the names there are then.
    var isMovingMany = false
    var names: RefNamesInUse?

    /// Whether the repository is seen just as the database has it committed, so that others see the same.
    var isCommitted = false

    private let repository: Int64
    private let caches: GitCaches?

    /// - Parameter caches: What the process remembers; nil to start from nothing and leave nothing behind.
    init(_ repository: Int64, _ caches: GitCaches?) {
        self.repository = repository
        self.caches = caches
        table = caches?.table(of: repository) ?? CommitTable()
    }

    /// The refs as the process knows them, if that is how they stood at `version`.
    func knownRefs(at version: Int64) -> RefSnapshot? { caches?.refs(of: repository, at: version) }

    /// What the process knows of all objects the refs reach.
    var knownContents: ReachedObjects? { caches?.contents(of: repository) }

    func share(_ contents: ReachedObjects) {
        if isCommitted { caches?.keep(contents, of: repository) }
    }

    func plan(_ key: PackPlanKey) -> PackPlan? { caches?.plan(key) }

    func share(_ plan: PackPlan, for key: PackPlanKey) {
        if isCommitted { caches?.keep(plan, for: key) }
    }

    /// Hands what was read to the process, if it is how things are committed.
    deinit {
        guard isCommitted, let caches else { return }
        caches.keep(table, of: repository)
        if let refs, caches.refs(of: repository, at: refs.version) == nil { caches.keep(refs, of: repository) }
    }
}
