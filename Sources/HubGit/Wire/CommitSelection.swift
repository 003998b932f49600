import HubCore

/// The commits a fetch sends, and where the client's history is cut afterwards.
struct CommitSelection {
    /// To send, the latest first as far as that is known.
    private(set) var commits: [CommitID] = []

    /// The trees of these commits.
    private(set) var trees: [ObjectID] = []

    /// The trees of commits that the client has and that what is sent stands on.
    private(set) var knownTrees: [ObjectID] = []

    /// Commits the client will have without their parents, and did not have so before.
    private(set) var shallow: [CommitID] = []

    /// Commits whose parents the client lacked and is now given.
    private(set) var unshallow: [CommitID] = []

    private let table: CommitTable

    /// Chooses what `wants` reach, and the client, which has what `common` reaches, does not have.
    init(
        _ request: UploadPackRequest, wants: [CommitID], common: [CommitID], in repository: borrowing GitRepository
    ) throws {
        let wanted = try repository.positions(of: wants)
        let shared = try repository.positions(of: common)
        let reached = request.shallow.isEmpty ? nil : try repository.reachedCommits()
        let excluded = try repository.positions(of: Self.tips(of: request.deepening.excluded, in: repository))
        // Only now: whatever is looked up may make it grow.
        table = repository.table
        let cuts = Set(request.shallow.compactMap { table.position(of: $0) }.filter { reached?[$0] ?? false })
        let owned = table.reached(from: shared, cuts: cuts)
        var newCuts: Set<Int> = []
        var opened: Set<Int> = []
        if request.deepening.isWanted {
            let border = try Border(request.deepening, wanted, excluded, cuts, table)
            newCuts = border.cut
            opened = cuts.filter { border.isInside($0) }
            shallow = newCuts.subtracting(cuts).sorted(by: >).map { table.ids[$0] }
            unshallow = opened.sorted(by: >).map { table.ids[$0] }
        }
        var sent = table.reached(
            from: wanted + opened.flatMap { table.parents(of: $0) }, cuts: newCuts.union(cuts).subtracting(opened))
        for position in 0..<table.count where owned[position] { sent[position] = false }
        choose(sent, cuts: newCuts.union(cuts).subtracting(opened))
    }

    /// The commits of the refs that a client does not want to reach.
    private static func tips(of names: [String], in repository: borrowing GitRepository) throws -> [CommitID] {
        try names.map { name in
            guard let ref = try repository.snapshot().ref(abbreviated: name) else {
                throw GitError.invalid("deepen-not is not a ref: \(name.prefix(120))")
            }
            return ref.commit
        }
    }

    private mutating func choose(_ sent: CommitMarks, cuts: Set<Int>) {
        var known: Set<ObjectID> = []
        for position in stride(from: table.count - 1, through: 0, by: -1) where sent[position] {
            commits.append(table.ids[position])
            trees.append(table.trees[position])
            // A client that is given no parents has none of their files either, unless it has them from elsewhere.
            guard !cuts.contains(position) else { continue }
            table.forEachParent(of: position) { if !sent[$0] { known.insert(table.trees[$0]) } }
        }
        knownTrees = Array(known)
    }

    /// Where a history that is not wanted whole ends (gitprotocol-pack, "deepen").
    private struct Border {
        /// Commits that are sent without their parents.
        private(set) var cut: Set<Int> = []

        private var inside: CommitMarks
        private let isEverything: Bool

        /// Whether a commit is sent or kept with its parents.
        func isInside(_ position: Int) -> Bool { isEverything || inside[position] }

        init(
            _ deepening: UploadPackRequest.Deepening, _ wants: [Int], _ excluded: [Int], _ cuts: Set<Int>,
            _ table: CommitTable
        ) throws {
            inside = CommitMarks(count: table.count)
            isEverything = deepening.depth == UploadPackRequest.Deepening.infinite && !deepening.isRelative
            guard !isEverything else { return }
            if let depth = deepening.depth, deepening.isRelative {
                countSteps(from: cuts, depth < .max ? depth + 1 : depth, table)
            } else if let depth = deepening.depth {
                countSteps(from: Set(wants), depth, table)
            } else {
                try exclude(deepening, excluded, wants, table)
            }
        }

        private mutating func countSteps(from starts: Set<Int>, _ depth: Int, _ table: CommitTable) {
            var level = starts
            var seen = CommitMarks(count: table.count)
            var number = 1
            while !level.isEmpty {
                var next: Set<Int> = []
                for position in level where seen.insert(position) {
                    guard number < depth else {
                        cut.insert(position)
                        continue
                    }
                    inside[position] = true
                    table.forEachParent(of: position) { if !seen[$0] { next.insert($0) } }
                }
                level = next
                number += 1
            }
        }

        private mutating func exclude(
            _ deepening: UploadPackRequest.Deepening, _ excluded: [Int], _ wants: [Int], _ table: CommitTable
        ) throws {
            let reached = table.reached(from: wants)
            var starts = excluded
            if let since = deepening.since {
                starts += (0..<table.count).filter { reached[$0] && table.seconds[$0] < since }
            }
            let out = table.reached(from: starts)
            var isEmpty = true
            for position in 0..<table.count where reached[position] && !out[position] {
                isEmpty = false
                var isBorder = false
                table.forEachParent(of: position) { isBorder = isBorder || out[$0] }
                if isBorder { cut.insert(position) } else { inside[position] = true }
            }
            guard !isEmpty else { throw GitError.invalid("no commits selected for shallow requests") }
        }
    }
}

extension RefSnapshot {
    /// The one ref that a client may mean by `name`, as git looks names up (gitrevisions).
    fileprivate func ref(abbreviated name: String) -> GitRef? {
        for prefix in ["", "refs/", "refs/tags/", "refs/heads/"] {
            if let found = ref(named: prefix + name) { return found }
        }
        return name == "HEAD" ? head : nil
    }
}
