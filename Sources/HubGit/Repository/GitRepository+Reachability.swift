import HubCore

extension GitRepository {
    /// Those of `objects`, of whatever kind, that this repository's refs reach.
    ///
    /// Looks at the files of the default branch first. Finding anything else takes a walk over the whole history, which
    /// the process remembers.
    func visible(among objects: Set<ObjectID>) throws -> Set<ObjectID> {
        var open = objects
        var found: Set<ObjectID> = []
        func take(_ id: ObjectID) { if open.remove(id) != nil { found.insert(id) } }
        let refs = try snapshot()
        for ref in refs.refs {
            take(ref.target)
            take(ref.commit)
        }
        for id in try reached(among: open) { take(id) }
        guard !open.isEmpty else { return found }
        if let head = refs.head?.commit, let position = try positions(of: [head]).first {
            var walk = TreeWalk()
            _ = try walk.walk([table.trees[position]], in: self) { id, _ in
                take(id)
                return !open.isEmpty
            }
        }
        let areTags = try source.headers(Array(open)).contains { $0.value.kind == .tag }
        for ref in refs.refs where !open.isEmpty && ref.name.isTag {
            try look(behind: ref.commit, take)
            if areTags { for id in try tagChain(ref.target) { take(id) } }
        }
        guard !open.isEmpty else { return found }
        let contents = try ReachedObjects(of: self, after: memory.knownContents)
        memory.share(contents)
        return found.union(open.filter { contents.contains($0) })
    }

    /// What a tag object names, and what that names, down to the object that is no tag.
    func tagChain(_ tag: ObjectID) throws -> [ObjectID] {
        var chain: [ObjectID] = []
        var id = tag
        for _ in 0..<16 where try source.header(id)?.kind == .tag {
            id = try tagTarget(id)
            chain.append(id)
        }
        return chain
    }

    /// Goes through the tree that a tag of a tree leads to; other tags lead to commits.
    private func look(behind id: ObjectID, _ take: (ObjectID) -> Void) throws {
        guard table.position(of: id) == nil else { return }
        guard try source.header(id)?.kind == .tree else { return }
        var walk = TreeWalk()
        _ = try walk.walk([id], in: self) { id, _ in
            take(id)
            return true
        }
    }
}
