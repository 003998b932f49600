package import HubCore

extension GitRepository {
    /// For each path the commit in the history of `start` that last changed it, or what is below it.
    ///
    /// One walk for all of them, along the parents that have a path as it is now. Paths that are older than `limit`
    /// commits are left out.
    package func lastCommits(of paths: [String], at start: CommitID, limit: Int) throws -> [String: Commit] {
        var found: [String: Commit] = [:]
        var open: [CommitID: Set<String>] = [start: Set(paths)]
        var order = [start]
        var trees: [CommitID: ObjectID] = [:]
        for _ in 0..<limit {
            guard let id = order.popLast() else { break }
            guard var left = open.removeValue(forKey: id) else { continue }
            let commit = try commit(id)
            for parent in commit.parents where !left.isEmpty {
                let tree = try trees[parent] ?? self.commit(parent).tree
                trees[parent] = tree
                let changed = try changedPaths(left, commit.tree, tree)
                let same = left.subtracting(changed)
                left = changed
                guard !same.isEmpty else { continue }
                open[parent, default: []].formUnion(same)
                order.append(parent)
            }
            for path in left { found[path] = commit }
        }
        return found
    }

    /// Those of `paths` that are not the same in both trees; equal folders are never opened.
    private func changedPaths(_ paths: Set<String>, _ new: ObjectID, _ old: ObjectID) throws -> Set<String> {
        guard new != old else { return [] }
        var changed: Set<String> = []
        var pending = [(paths: paths.map { (whole: $0, rest: $0[...]) }, new: new, old: old)]
        while let (paths, new, old) = pending.popLast() {
            let now = try entriesByName(new)
            let before = try entriesByName(old)
            let groups = Dictionary(grouping: paths) { $0.rest.prefix { $0 != "/" } }
            for (name, group) in groups {
                let key = Array(name.utf8)
                let (entry, other) = (now[key], before[key])
                guard entry != other else { continue }
                let below = group.filter { $0.rest.utf8.count > name.utf8.count }
                changed.formUnion(group.filter { $0.rest.utf8.count == name.utf8.count }.map(\.whole))
                if let entry, let other, entry.isTree, other.isTree {
                    let rest = below.map { (whole: $0.whole, rest: $0.rest.dropFirst(name.count + 1)) }
                    if !rest.isEmpty { pending.append((rest, entry.id, other.id)) }
                } else {
                    changed.formUnion(below.map(\.whole))
                }
            }
        }
        return changed
    }
}
