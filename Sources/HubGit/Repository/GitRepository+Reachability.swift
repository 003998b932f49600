import HubCore

extension GitRepository {
    /// Those of `objects`, of whatever kind, that this repository's refs reach.
    ///
    /// Looks at the newest trees first. Finding out that one is *not* reached costs the whole history, which only
    /// who makes up ids pays for.
    func visible(among objects: Set<ObjectID>) throws -> Set<ObjectID> {
        // Whether another repository has an object must not show, not even in the time this takes.
        var search = ObjectSearch(for: objects)
        for ref in try refs() where ref.peeled != nil { search.see(ref.target) }
        let tips = try commitTips()
        for tip in tips where !search.isOver { try search.see(tree: try commit(tip).tree, of: self) }
        guard !search.isOver, !tips.isEmpty else { return search.found }
        var commits: [CommitID] = []
        try forEachCommit(from: tips) { id in
            search.see(id)
            commits.append(id)
            return !search.isOver
        }
        for id in commits where !search.isOver { try search.see(tree: try commit(id).tree, of: self) }
        return search.found
    }
}

/// Looks for objects in trees, each of which is read once.
private struct ObjectSearch {
    private var open: Set<ObjectID>
    private(set) var found: Set<ObjectID> = []
    private var seen: Set<ObjectID> = []

    init(for objects: Set<ObjectID>) { open = objects }

    var isOver: Bool { open.isEmpty }

    mutating func see(_ id: ObjectID) {
        if open.remove(id) != nil { found.insert(id) }
    }

    mutating func see(tree root: ObjectID, of repository: borrowing GitRepository) throws {
        var pending = [root]
        see(root)
        while !isOver, let tree = pending.popLast() {
            guard seen.insert(tree).inserted else { continue }
            for entry in try repository.readTree(tree).entries where entry.mode != TreeObject.Mode.submodule {
                see(entry.id)
                if entry.isTree { pending.append(entry.id) }
            }
        }
    }
}
