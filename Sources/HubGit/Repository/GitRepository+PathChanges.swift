package import HubCore

extension GitRepository {
    /// Those of `paths` at which some of `commits` has another file than each of its parents has.
    ///
    /// A merge that takes a file from one of its parents changes nothing; a commit without parents changes what it has.
    /// Costs what the commits changed in the directories on the way to the paths; nothing if there are no paths.
    package func changes(of paths: Set<String>, by commits: [CommitID]) throws -> Set<String> {
        var changed: Set<String> = []
        var open = PathForest(paths)
        for id in commits where !open.isEmpty {
            let commit = try self.commit(id)
            var found = open
            for parent in commit.parents.isEmpty ? [nil] : commit.parents.map(Optional.some) where !found.isEmpty {
                let before = try parent.map { try self.commit($0).tree }
                found = PathForest(try differences(from: before, to: commit.tree, at: found))
            }
            guard !found.isEmpty else { continue }
            changed.formUnion(found.paths)
            open = PathForest(open.paths.subtracting(found.paths))
        }
        return changed
    }

    private func differences(from old: ObjectID?, to new: ObjectID?, at forest: PathForest) throws -> Set<String> {
        var found: Set<String> = []
        var pending = [(old: old, new: new, nodes: forest.nodes)]
        while let (old, new, nodes) = pending.popLast() {
            guard old != new else { continue }
            let before = try entries(of: old, among: nodes)
            let after = try entries(of: new, among: nodes)
            for (name, node) in nodes where before[name] != after[name] {
                let (one, other) = (before[name], after[name])
                let files = (one.flatMap { $0.isTree ? nil : $0 }, other.flatMap { $0.isTree ? nil : $0 })
                if let path = node.path, files.0 != files.1 { found.insert(path) }
                guard !node.below.isEmpty else { continue }
                let trees = (one.flatMap { $0.isTree ? $0.id : nil }, other.flatMap { $0.isTree ? $0.id : nil })
                pending.append((trees.0, trees.1, node.below))
            }
        }
        return found
    }

    private func entries(
        of tree: ObjectID?, among nodes: [[UInt8]: PathForest.Node]
    ) throws -> [[UInt8]: TreeObject.Entry] {
        guard let tree else { return [:] }
        let entries = try readTree(tree).entries.filter { nodes[$0.name] != nil }
        return Dictionary(entries.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// Paths by their parts, so that those in one directory are looked for together.
private struct PathForest {
    struct Node {
        /// The whole path, if one of the paths ends here.
        var path: String?
        var below: [[UInt8]: Node] = [:]

        mutating func insert(_ path: String, _ parts: ArraySlice<Substring.UTF8View>) {
            guard let part = parts.first else {
                self.path = path
                return
            }
            below[Array(part), default: Node()].insert(path, parts.dropFirst())
        }
    }

    let paths: Set<String>
    private var root = Node()

    var nodes: [[UInt8]: Node] { root.below }
    var isEmpty: Bool { paths.isEmpty }

    init(_ paths: Set<String>) {
        self.paths = paths
        for path in paths {
            root.insert(path, path.split(separator: "/", omittingEmptySubsequences: false).map(\.utf8)[...])
        }
    }
}
