import HubCore

/// Which objects a pack holds, in the order it holds them.
struct PackPlan: Sendable {
    private(set) var ids: [ObjectID] = []
    private var seen: Set<ObjectID> = []

    mutating func add(_ id: ObjectID) {
        if seen.insert(id).inserted { ids.append(id) }
    }

    /// Adds a tree and all in it, without what was added or left out before.
    mutating func add(tree: ObjectID, of repository: borrowing GitRepository) throws {
        try visit(tree, of: repository, adding: true)
    }

    /// Leaves out a tree and all in it: the client has it.
    mutating func leaveOut(tree: ObjectID, of repository: borrowing GitRepository) throws {
        try visit(tree, of: repository, adding: false)
    }

    private mutating func visit(_ root: ObjectID, of repository: borrowing GitRepository, adding: Bool) throws {
        var pending = mark(root, adding: adding) ? [root] : []
        while let tree = pending.popLast() {
            for entry in try repository.readTree(tree).entries where entry.mode != TreeObject.Mode.submodule {
                guard mark(entry.id, adding: adding) else { continue }
                if entry.isTree { pending.append(entry.id) }
            }
        }
    }

    private mutating func mark(_ id: ObjectID, adding: Bool) -> Bool {
        guard seen.insert(id).inserted else { return false }
        if adding { ids.append(id) }
        return true
    }
}
