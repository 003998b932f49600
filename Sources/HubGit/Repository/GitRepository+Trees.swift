package import HubCore

extension GitRepository {
    /// The entries below the directory `path` of a commit, in git's order; an empty path is the root.
    ///
    /// With `recursive` those of its subdirectories follow each directory. More than `limit` entries is an error,
    /// and so is a path that is not a directory (`.notFound`).
    package func tree(
        of commit: CommitID, path: String = "", recursive: Bool = false, limit: Int = 1_000_000
    ) throws -> [TreeEntry] {
        let root = try self.commit(commit).tree
        guard !path.isEmpty else { return try entries(of: root, below: "", recursive: recursive, limit: limit) }
        guard let entry = try find(path, in: root), entry.isTree else {
            throw GitError(code: .notFound, message: "there is no directory '\(path)'")
        }
        return try entries(of: entry.id, below: path + "/", recursive: recursive, limit: limit)
    }

    /// The same, `limit` entries of it after the first `skip`, and whether there are more.
    package func treePage(
        of commit: CommitID, path: String, recursive: Bool, skip: Int, limit: Int
    ) throws -> (entries: [TreeEntry], hasMore: Bool) {
        var root = try self.commit(commit).tree
        if !path.isEmpty {
            guard let entry = try find(path, in: root), entry.isTree else {
                throw GitError(code: .notFound, message: "there is no directory '\(path)'")
            }
            root = entry.id
        }
        let all = try flatten(
            root, below: path.isEmpty ? "" : path + "/", recursive: recursive, limit: 1_000_000)
        let page = all.dropFirst(skip).prefix(limit)
        return (try sized(Array(page)), skip + page.count < all.count)
    }

    /// What `path` names in a commit, or nil.
    package func entry(at path: String, in commit: CommitID) throws -> TreeEntry? {
        guard let entry = try find(path, in: try self.commit(commit).tree) else { return nil }
        return try sized([(path, entry)]).first
    }

    /// Whether there is a file or a directory at `path` in a tree.
    package func holds(_ path: String, in tree: ObjectID) throws -> Bool { try find(path, in: tree) != nil }

    /// The bytes of a blob.
    ///
    /// One longer than `limit` is a ``GitError`` (`.invalid`), found out before it is read.
    package func readBlob(_ id: ObjectID, limit: Int) throws -> [UInt8] {
        if let header = try source.header(id), header.size > limit {
            throw GitError(code: .invalid, message: "git object \(id) has \(header.size) bytes, more than \(limit)")
        }
        return try read(id, as: .blob)
    }

    /// The bytes of many short blobs, read together.
    package func readBlobs(_ ids: [ObjectID]) throws -> [ObjectID: [UInt8]] {
        var found: [ObjectID: [UInt8]] = [:]
        try source.forEachObject(of: ids) { id, object in
            guard object.kind == .blob else {
                throw GitError(code: .invalid, message: "git object \(id) is a \(object.kind), not a blob")
            }
            found[id] = object.bytes
        }
        return found
    }

    func readTree(_ id: ObjectID) throws -> TreeObject { try TreeObject(parsing: read(id, as: .tree)) }

    /// Adds the sizes, asking for many objects at once.
    func sized(_ entries: [(path: String, entry: TreeObject.Entry)]) throws -> [TreeEntry] {
        let blobs = entries.map(\.entry).filter { !$0.isTree && $0.mode != TreeObject.Mode.submodule }.map(\.id)
        let headers = try source.headers(blobs)
        return try entries.map { path, entry in
            guard let mode = FileMode(entry.mode) else {
                throw GitError(code: .invalid, message: "'\(path)' has a mode git does not know")
            }
            return TreeEntry(path: path, mode: mode, id: entry.id, size: headers[entry.id]?.size ?? 0)
        }
    }

    /// Every entry of a tree, unsized.
    func flatten(
        _ tree: ObjectID, below prefix: String, recursive: Bool, limit: Int
    ) throws -> [(path: String, entry: TreeObject.Entry)] {
        var found: [(path: String, entry: TreeObject.Entry)] = []
        // A stack of what is still to be listed, last first: depth is the client's choice, and must not be the stack's.
        var pending = try Array(readTree(tree).entries.reversed().map { (prefix + $0.text, $0) })
        while let (path, entry) = pending.popLast() {
            guard found.count < limit, path.utf8.count <= Self.pathLimit else {
                throw GitError(
                    code: .invalid, message: "the tree has more than \(limit) entries, or a path is too long")
            }
            found.append((path, entry))
            guard recursive, entry.isTree else { continue }
            pending += try readTree(entry.id).entries.reversed().map { ("\(path)/\($0.text)", $0) }
        }
        return found
    }

    /// Longest path anyone may publish, in bytes: what a file system takes.
    static var pathLimit: Int { 4096 }

    private func entries(of tree: ObjectID, below prefix: String, recursive: Bool, limit: Int) throws -> [TreeEntry] {
        try sized(try flatten(tree, below: prefix, recursive: recursive, limit: limit))
    }

    func find(_ path: String, in tree: ObjectID) throws -> TreeObject.Entry? {
        var tree = tree
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        for (index, part) in parts.enumerated() {
            let name = Array(part.utf8)
            guard let entry = try readTree(tree).entries.first(where: { $0.name == name }) else { return nil }
            guard index < parts.count - 1 else { return entry }
            guard entry.isTree else { return nil }
            tree = entry.id
        }
        return nil
    }
}
