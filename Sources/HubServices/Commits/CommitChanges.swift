import HubCore
import HubGit

/// What the operations of a commit, one after the other, come to.
struct CommitChanges {
    private var puts: [(path: String, blob: ObjectID)] = []
    private var isPut: Set<String> = []

    /// By path, whether there was something to delete.
    private var deletions: [String: Bool] = [:]

    /// - Parameters:
    ///   - operations: Paths, each with the blob that is put in place; nil if what is there goes.
    ///   - base: The tree that is changed; nil is the empty one.
    static func list(
        _ operations: [(path: String, blob: ObjectID?)],
        onto base: ObjectID?,
        git: borrowing GitRepository
    ) throws -> [FileChange] {
        var changes = CommitChanges()
        // From the last to the first: what comes later decides.
        for (path, blob) in operations.reversed() {
            if let blob {
                changes.put(blob, at: path)
            } else if changes.deletions[path] == nil {
                changes.deletions[path] = try base.map { try git.holds(path, in: $0) } ?? false
            }
        }
        if let absent = changes.deletions.filter({ !$0.value }).keys.min() {
            throw HubError.entryNotFound("A file with this name doesn't exist: '\(absent.prefix(300))'")
        }
        return try changes.list(onto: base, git)
    }

    private mutating func put(_ blob: ObjectID, at path: String) {
        let takers = ([path] + Self.folders(above: path)).filter { deletions[$0] != nil }
        // A deletion that comes later took it away again, unless the path was put once more after that.
        for taker in takers { deletions[taker] = true }
        guard takers.isEmpty, isPut.insert(path).inserted else { return }
        puts.append((path, blob))
    }

    private func list(onto base: ObjectID?, _ git: borrowing GitRepository) throws -> [FileChange] {
        let effective = try deletions.keys.sorted().filter { path in
            guard let base, try git.holds(path, in: base) else { return false }
            return !Self.folders(above: path).contains { deletions[$0] != nil }
        }
        return effective.map { .delete(path: $0) } + puts.reversed().map { .link(path: $0.path, blob: $0.blob) }
    }

    private static func folders(above path: String) -> [String] {
        var folders: [String] = []
        for part in path.split(separator: "/").dropLast() {
            folders.append(folders.last.map { "\($0)/\(part)" } ?? String(part))
        }
        return folders
    }
}
