import HubCore

/// The objects that go into a pack, while they are being looked for.
struct PackDraft {
    private(set) var ids: [ObjectID] = []
    private var included: Set<ObjectID> = []

    /// What the client has, as far as the draft came across it.
    private(set) var leftOut: Set<ObjectID> = []

    func contains(_ id: ObjectID) -> Bool { included.contains(id) }

    /// Whether the client has the object, or will have it by this pack.
    func isKnown(_ id: ObjectID) -> Bool { included.contains(id) || leftOut.contains(id) }

    mutating func add(_ id: ObjectID) {
        if included.insert(id).inserted { ids.append(id) }
    }

    /// Adds trees and all in them, without what was added before or is in `old` trees, which the client has.
    ///
    /// Of the old trees only those are opened that stand at the place of one that is new.
    mutating func add(
        trees roots: some Sequence<ObjectID>, without old: some Sequence<ObjectID>, filter: ObjectFilter?,
        in repository: borrowing GitRepository
    ) throws {
        guard filter?.looks(atDepth: 0) ?? true else { return }
        var known = Array(Set(old))
        leftOut.formUnion(known)
        var walk = Level(filter: filter, needsNames: !known.isEmpty)
        for root in roots { walk.meet(root, isTree: true, name: [], &self) }
        var depth = 0
        while !walk.trees.isEmpty {
            let level = walk
            walk = Level(depth: depth + 1, filter: filter, needsNames: !known.isEmpty)
            var subtrees: [(name: [UInt8], id: ObjectID)] = []
            try repository.source.forEachObject(of: known) { _, tree in
                try TreeScan.forEachEntry(of: tree.bytes) { id, name, isTree in
                    leftOut.insert(id)
                    if isTree { subtrees.append((Array(tree.bytes[name]), id)) }
                }
            }
            guard filter?.looks(atDepth: depth + 1) ?? true else { break }
            try repository.source.forEachObject(of: level.trees) { _, tree in
                try TreeScan.forEachEntry(of: tree.bytes) { id, name, isTree in
                    walk.meet(id, isTree: isTree, name: tree.bytes[name], &self)
                }
            }
            try add(blobs: walk.blobs, filter: filter, in: repository)
            known = Array(Set(subtrees.filter { walk.names.contains($0.name) }.map(\.id)))
            depth += 1
        }
    }

    /// Adds blobs that are not larger than the filter allows.
    private mutating func add(
        blobs: [ObjectID], filter: ObjectFilter?, in repository: borrowing GitRepository
    ) throws {
        guard let limit = filter?.blobLimit else { return blobs.forEach { add($0) } }
        let headers = try repository.source.headers(blobs)
        for id in blobs where headers[id]?.size ?? .max < limit { add(id) }
    }

    /// The new objects so many steps below the root trees.
    private struct Level {
        var depth = 0
        let filter: ObjectFilter?
        let needsNames: Bool
        var trees: [ObjectID] = []
        var blobs: [ObjectID] = []
        var names: Set<[UInt8]> = []

        /// Trees that are opened without being sent.
        private var passed: Set<ObjectID> = []

        init(depth: Int = 0, filter: ObjectFilter?, needsNames: Bool) {
            (self.depth, self.filter, self.needsNames) = (depth, filter, needsNames)
        }

        mutating func meet(_ id: ObjectID, isTree: Bool, name: ArraySlice<UInt8>, _ draft: inout PackDraft) {
            guard !draft.isKnown(id) else { return }
            let isTaken = filter?.takes(isTree ? .tree : .blob, depth: depth) ?? true
            guard isTree else {
                if isTaken, passed.insert(id).inserted { blobs.append(id) }
                return
            }
            if isTaken { draft.add(id) } else if !passed.insert(id).inserted { return }
            trees.append(id)
            if needsNames { names.insert(Array(name)) }
        }
    }
}
