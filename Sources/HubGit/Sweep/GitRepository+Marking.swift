import HubCore

extension GitRepository {
    /// Adds the numbers of all that the refs reach to `reached`, where every object stands with all that it reaches.
    ///
    /// Throws ``GitError`` (`.notFound`) if something is missing.
    ///
    /// - Returns: Whether what is written down (``ClosureRows``) holds nothing that the refs no longer reach.
    func mark(in reached: inout NumberSet) throws -> Bool {
        let refs = try snapshot()
        let (parts, isWhole) = try knownParts(within: refs.commitTips)
        for part in parts { ClosureRows.forEachNumber(in: part.objects) { reached.insert($0) } }
        try mark(commits: refs.commitTips, in: &reached)
        var tags: [ObjectID] = []
        for ref in refs.refs where ref.target != ref.commit { tags += [ref.target] + (try tagChain(ref.target)) }
        let commits = Set(refs.commitTips)
        for id in refs.refs.map(\.commit) where !commits.contains(id) {
            if try source.header(id)?.kind == .tree { try mark(trees: [id], in: &reached) } else { tags.append(id) }
        }
        _ = try unmarked(tags, in: &reached)
        return isWhole
    }

    private func mark(commits tips: [CommitID], in reached: inout NumberSet) throws {
        var stack = tips
        var trees: [ObjectID] = []
        while !stack.isEmpty {
            let some = Array(stack.suffix(UnreachedRows.batch))
            stack.removeLast(some.count)
            let new = try unmarked(some, in: &reached)
            try source.forEachObject(of: new) { _, object in
                let header = try CommitHeader(parsing: object.bytes)
                stack += header.parents
                trees.append(header.tree)
            }
            guard trees.count >= UnreachedRows.batch || stack.isEmpty else { continue }
            try mark(trees: trees, in: &reached)
            trees = []
        }
    }

    private func mark(trees roots: [ObjectID], in reached: inout NumberSet) throws {
        var seen: Set<ObjectID> = []
        var level = roots
        while !level.isEmpty {
            var (next, blobs): ([ObjectID], [ObjectID]) = ([], [])
            try source.forEachObject(of: unmarked(level, in: &reached)) { _, object in
                try TreeScan.forEachEntry(of: object.bytes) { id, _, isTree in
                    guard seen.insert(id).inserted else { return }
                    if isTree { next.append(id) } else { blobs.append(id) }
                }
            }
            _ = try unmarked(blobs, in: &reached)
            level = next
        }
    }

    /// Adds the numbers of `ids` to `reached`, and returns those that were not in there.
    private func unmarked(_ ids: [ObjectID], in reached: inout NumberSet) throws -> [ObjectID] {
        var missing = Set(ids)
        var new: [ObjectID] = []
        try source.rows.forEachNumber(of: Array(missing)) { id, number in
            missing.remove(id)
            if reached.insert(number) { new.append(id) }
        }
        guard let id = missing.first else { return new }
        throw GitError(code: .notFound, message: "git object \(id) is missing")
    }
}
