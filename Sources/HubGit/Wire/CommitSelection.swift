import HubCore

/// The commits a fetch sends, and where the client's history is cut afterwards.
struct CommitSelection {
    /// To send, newest first as far as that is known.
    var commits: [Commit] = []

    /// Commits the client will have without their parents, and did not have so before.
    var shallow: [CommitID] = []

    /// Commits whose parents the client lacked and is now given.
    var unshallow: [CommitID] = []

    /// All that `wants` reach and `common` do not.
    init(wants: [CommitID], common: [CommitID], in repository: borrowing GitRepository) throws {
        var ids: [CommitID] = []
        try repository.forEachCommit(from: wants, hiding: common) { id in
            ids.append(id)
            return true
        }
        commits = try ids.map { id in try repository.commit(id) }
    }

    /// The same for a client whose history is cut at `shallow`, or that asks for one cut after `depth` commits.
    init(
        wants: [CommitID], common: [CommitID], shallow: Set<CommitID>, depth: Int?,
        in repository: borrowing GitRepository
    ) throws {
        let owned = try Self.history(of: common, cutAt: shallow, in: repository)
        var level = Set(wants)
        var seen: Set<CommitID> = []
        var number = 1
        while !level.isEmpty {
            var next: Set<CommitID> = []
            for id in level where seen.insert(id).inserted {
                if depth == nil, owned.contains(id) { continue }
                let commit = try repository.commit(id)
                if !owned.contains(id) { commits.append(commit) }
                if let depth, number >= depth, !commit.parents.isEmpty {
                    if !shallow.contains(id) { self.shallow.append(id) }
                    continue
                }
                if shallow.contains(id) { unshallow.append(id) }
                next.formUnion(commit.parents)
            }
            level = next.subtracting(seen)
            number += 1
        }
    }

    /// Everything the client has.
    private static func history(
        of starts: [CommitID], cutAt cuts: Set<CommitID>, in repository: borrowing GitRepository
    ) throws -> Set<CommitID> {
        var found: Set<CommitID> = []
        var pending = starts
        while let id = pending.popLast() {
            guard found.insert(id).inserted, !cuts.contains(id) else { continue }
            pending += try repository.commit(id).parents
        }
        return found
    }
}
