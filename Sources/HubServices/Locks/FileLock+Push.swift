import HubCore
import HubDatabase
import HubGit

extension FileLock {
    /// What others have locked that this push must leave alone.
    ///
    /// Proposals may change what they like, as they change no branch; erasing is above locks, and so is what a mirror
    /// follows.
    static func othersLocks(on push: Push, in connection: any SQLConnection) throws -> [FileLock] {
        guard push.erasing.isEmpty, push.door != "mirror", !push.updates.allSatisfy(\.ref.isPullRequest) else {
            return []
        }
        return try connection.query(
            selection + " WHERE lfs_lock.repository_id = ? AND lfs_lock.owner_id <> ? ORDER BY lfs_lock.path LIMIT ?",
            [push.repository.rowID, push.caller.user?.id ?? -1, LockService.limit]
        ).map(FileLock.init)
    }

    /// Throws ``HubError/refused(_:)``, naming files and owners, if the push changes what others have locked.
    ///
    /// Runs in the transaction that publishes: no lock can come in between. One that came while the push was looked at
    /// is a conflict, as what lies on the way was not looked at for its sake.
    static func requireNone(
        on inspection: PushInspection,
        of push: Push,
        in connection: any SQLConnection
    ) throws {
        let locks = try othersLocks(on: push, in: connection)
        guard !locks.isEmpty else { return }
        let changed = inspection.changedPaths
        let findings = locks.filter { changed.contains($0.path) }.map { lock in
            Finding(
                .error,
                "is locked by \(lock.owner), so only they may change it; ask them to unlock it, "
                    + "or see 'git lfs unlock --force'", in: lock.path)
        }
        guard findings.isEmpty else { throw HubError.refused(findings) }
        if let new = locks.first(where: { !inspection.guardedPaths.contains($0.path) }),
            !inspection.content.commits.isEmpty
        {
            throw HubError.conflict("\(new.owner) has locked '\(new.path)' while the push was under way; push again")
        }
    }
}

extension PushInspection {
    /// Every path that differs at a tip, whose content is new anywhere on the way there, or that a commit on the way
    /// changes and a later one takes back.
    fileprivate var changedPaths: Set<String> {
        var paths = revisions.reduce(into: changedGuardedPaths) { $0.formUnion($1.changed) }
        paths.formUnion(content.files.map(\.path))
        paths.formUnion(content.pointers.map(\.path))
        return paths
    }
}
