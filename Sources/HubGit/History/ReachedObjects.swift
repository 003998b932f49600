import HubCore

/// Every tree and blob that a repository's refs reach.
struct ReachedObjects: Sendable {
    private let tips: [CommitID]
    private let walk: TreeWalk

    var count: Int { walk.seen.count }

    func contains(_ id: ObjectID) -> Bool { walk.seen.contains(id) }

    /// Reads all trees of the history; those that were read for `earlier` refs not again, if these are still reached.
    init(of repository: borrowing GitRepository, after earlier: ReachedObjects?) throws {
        let tips = try repository.snapshot().commitTips
        if let earlier, earlier.tips == tips { self = earlier } else { try self.init(tips, repository, earlier) }
    }

    private init(_ tips: [CommitID], _ repository: borrowing GitRepository, _ earlier: ReachedObjects?) throws {
        self.tips = tips
        var marks = try repository.reachedCommits()
        let table = repository.table
        var walk = TreeWalk()
        if let earlier {
            let before = earlier.tips.compactMap { table.position(of: $0) }
            if before.count == earlier.tips.count, before.allSatisfy({ marks[$0] }) {
                let known = table.reached(from: before)
                for position in 0..<table.count where known[position] { marks[position] = false }
                walk = earlier.walk
            }
        }
        let roots = (0..<table.count).lazy.filter { marks[$0] }.map { table.trees[$0] }
        _ = try walk.walk(roots, in: repository) { _, _ in true }
        self.walk = walk
    }
}
