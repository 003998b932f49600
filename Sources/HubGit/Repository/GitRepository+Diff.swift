package import HubCore

extension GitRepository {
    /// The files that differ between two commits, by path; nil is the empty tree.
    ///
    /// Costs what differs: equal directories are never opened. A renamed file is one removed and one added.
    package func diffTrees(_ old: CommitID?, _ new: CommitID?) throws -> [TreeChange] {
        try diff(trees: old.map { try commit($0).tree }, new.map { try commit($0).tree })
    }

    func diff(trees old: ObjectID?, _ new: ObjectID?) throws -> [TreeChange] {
        var removed: [(path: String, entry: TreeObject.Entry)] = []
        var added: [(path: String, entry: TreeObject.Entry)] = []
        var pending: [(prefix: String, old: ObjectID?, new: ObjectID?)] = [("", old, new)]
        while let (prefix, old, new) = pending.popLast() {
            guard old != new else { continue }
            let before = try old.map { try entriesByName($0) } ?? [:]
            let after = try new.map { try entriesByName($0) } ?? [:]
            for name in Set(before.keys).union(after.keys) {
                let (one, other) = (before[name], after[name])
                guard one != other else { continue }
                let path = prefix + String(decoding: name, as: UTF8.self)
                if let one, !one.isTree { removed.append((path, one)) }
                if let other, !other.isTree { added.append((path, other)) }
                let trees = (one.flatMap { $0.isTree ? $0.id : nil }, other.flatMap { $0.isTree ? $0.id : nil })
                if trees.0 != nil || trees.1 != nil { pending.append((path + "/", trees.0, trees.1)) }
            }
        }
        return try changes(removed: sized(removed), added: sized(added))
    }

    func entriesByName(_ tree: ObjectID) throws -> [[UInt8]: TreeObject.Entry] {
        Dictionary(try readTree(tree).entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    private func changes(removed: [TreeEntry], added: [TreeEntry]) throws -> [TreeChange] {
        let old = Dictionary(removed.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(added.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        return Set(old.keys).union(new.keys).sorted().map { path in
            TreeChange(path: path, old: old[path], new: new[path])
        }
    }
}
