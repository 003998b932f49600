package import HubCore

extension GitRepository {
    /// The history as far as it was read: at least what was last asked for by ``load(_:)``.
    var table: CommitTable { memory.table }

    /// Reads the history of `commits` into ``table``.
    ///
    /// Throws ``GitError`` with `.notFound` for a commit that is missing.
    func load(_ commits: some Sequence<CommitID>) throws {
        try memory.table.add(commits) { id in try CommitHeader(parsing: read(id, as: .commit)) }
    }

    /// The places of `commits` in ``table``, their history read.
    func positions(of commits: some Collection<CommitID>) throws -> [Int] {
        try load(commits)
        let table = memory.table
        return commits.compactMap { table.position(of: $0) }
    }

    /// All commits that the repository's refs reach, as marks on ``table``.
    func reachedCommits() throws -> CommitMarks {
        let tips = try positions(of: snapshot().commitTips)
        return memory.table.reached(from: tips)
    }

    /// Walks the history of `starts` without what `hidden` reach, until `body` returns false.
    ///
    /// No commit comes before all that stand on it; otherwise the latest comes first.
    func forEachCommit(
        from starts: [CommitID], hiding hidden: [CommitID] = [], _ body: (CommitID) throws -> Bool
    ) throws {
        try forEachPosition(from: starts, hiding: hidden) { position in try body(table.ids[position]) }
    }

    /// The same, with the places of the commits in ``table``.
    func forEachPosition(
        from starts: [CommitID], hiding hidden: [CommitID] = [], _ body: (Int) throws -> Bool
    ) throws {
        let starts = try positions(of: starts)
        let hidden = try positions(of: hidden)
        let table = memory.table
        var marks = table.reached(from: starts)
        if !hidden.isEmpty {
            let out = table.reached(from: hidden)
            for position in 0..<table.count where out[position] { marks[position] = false }
        }
        try table.forEach(of: marks, from: starts.filter { marks[$0] }, body)
    }

    /// The newest of the best common ancestors of two commits, or nil if their histories are unrelated.
    package func mergeBase(_ one: CommitID, _ other: CommitID) throws -> CommitID? {
        let places = try positions(of: [one, other])
        let table = memory.table
        return table.mergeBase(places[0], places[1]).map { table.ids[$0] }
    }

    /// Whether the history of `commit` contains `ancestor`; a commit contains itself.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) throws -> Bool {
        let places = try positions(of: [ancestor, commit])
        return memory.table.isAncestor(places[0], of: places[1])
    }
}
