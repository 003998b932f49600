import CLibgit2
package import HubCore

extension GitRepository {
    /// Merges two revisions by what both did since `base` (nil: nothing in common), and writes nothing.
    ///
    /// Renames are followed, text is merged line by line. The result is a value: it may be committed in a later
    /// transaction with ``commit(_:resolving:author:message:)``.
    package func mergeTrees(base: CommitID?, ours: CommitID, theirs: CommitID) throws -> TreeMerge {
        source.stagesWrites = true
        defer { source.stagesWrites = false }
        let index = try mergedIndex(base, ours, theirs)
        let conflicts = try conflicts(in: index.pointer)
        let changes = try changes(from: ours, to: index.pointer, except: Set(conflicts.map(\.path)))
        return TreeMerge(ours: ours, theirs: theirs, changes: changes, conflicts: conflicts)
    }

    /// Writes a merge as a commit with two parents; every conflict must be resolved (`.unmerged` if not).
    ///
    /// `adding` are changes beyond the conflicts, such as files a merge of tensors wrote; they win over the merge's own.
    package func commit(
        _ merge: TreeMerge, resolving resolutions: [String: MergeResolution], adding: [FileChange] = [],
        author: Signature, message: String
    ) throws -> CommitID {
        let added = Set(adding.map(\.path))
        let open = merge.conflicts.filter { resolutions[$0.path] == nil && !added.contains($0.path) }
        guard open.isEmpty else {
            let paths = open.map(\.path).joined(separator: ", ")
            throw GitError(code: .unmerged, message: "conflicts are not resolved: \(paths)")
        }
        let resolved = merge.conflicts.flatMap { conflict in
            resolutions[conflict.path].map { conflict.changes(for: $0) } ?? []
        }
        let decided = (merge.changes + resolved).filter { !added.contains($0.path) }
        return try writeCommit(
            decided + adding, onto: merge.ours, parents: [merge.ours, merge.theirs], author: author, message: message)
    }

    private func mergedIndex(_ base: CommitID?, _ ours: CommitID, _ theirs: CommitID) throws -> Owned {
        let ancestor = try base.map { try tree($0) } ?? nil
        let (one, other) = (try tree(ours), try tree(theirs))
        var options = git_merge_options()
        try call { git_merge_options_init(&options, UInt32(GIT_MERGE_OPTIONS_VERSION)) }
        options.flags = GIT_MERGE_FIND_RENAMES.rawValue
        func merged() throws -> Owned {
            source.metChunked = false
            return try make(freeing: { git_index_free($0) }) {
                git_merge_trees($0, pointer, ancestor?.pointer, one.pointer, other.pointer, &options)
            }
        }
        do {
            return try merged()
        } catch  where source.metChunked {
            // Files in chunks are not compared with others to find out what was renamed.
            options.flags = 0
        }
        do {
            return try merged()
        } catch  where source.metChunked {
            // One was changed by both. Nor are they merged, and then nor is any file both changed.
            let driver: StaticString = "binary"
            options.default_driver = UnsafeRawPointer(driver.utf8Start).assumingMemoryBound(to: CChar.self)
            return try merged()
        }
    }

    private func tree(_ commit: CommitID) throws -> OwnedTree {
        var oid = git_oid(try self.commit(commit).tree)
        return OwnedTree(try make(freeing: { git_tree_free($0) }) { git_tree_lookup($0, pointer, &oid) })
    }

    private func conflicts(in index: OpaquePointer) throws -> [MergeConflict] {
        let iterator = try make(freeing: { git_index_conflict_iterator_free($0) }) {
            git_index_conflict_iterator_new($0, index)
        }
        var found: [MergeConflict] = []
        while true {
            var base: UnsafePointer<git_index_entry>?
            var ours: UnsafePointer<git_index_entry>?
            var theirs: UnsafePointer<git_index_entry>?
            do {
                try call { git_index_conflict_next(&base, &ours, &theirs, iterator.pointer) }
            } catch let error as GitError where error.code == .iterationOver {
                return found
            }
            found.append(try conflict(base?.pointee, ours?.pointee, theirs?.pointee))
        }
    }

    private func conflict(
        _ base: git_index_entry?, _ ours: git_index_entry?, _ theirs: git_index_entry?
    ) throws -> MergeConflict {
        let sides = try [base, ours, theirs].map { side in try side.flatMap { try entry($0) } }
        let path = (sides[1] ?? sides[2] ?? sides[0])?.path ?? ""
        let areText = try sides.compactMap(\.self).allSatisfy { side in try isText(side) }
        return MergeConflict(path: path, base: sides[0], ours: sides[1], theirs: sides[2], isText: areText)
    }

    private func isText(_ entry: TreeEntry) throws -> Bool {
        guard entry.mode.isFile, entry.size <= Self.textLimit, try contents(of: [entry.id]).isEmpty else {
            return false
        }
        let bytes = try source.object(entry.id)?.bytes ?? []
        return !bytes.contains(0) && LFSPointer(parsing: bytes) == nil
    }

    /// Larger files are not merged by hand.
    private static var textLimit: Int { 8 << 20 }

    private func entry(_ entry: git_index_entry) throws -> TreeEntry? {
        guard let path = entry.path.map({ String(cString: $0) }) else { return nil }
        let raw = TreeObject.Entry(mode: entry.mode, name: Array(path.utf8), id: ObjectID(entry.id))
        return try sized([(path, raw)]).first
    }

    /// How the merged index differs from `ours`.
    private func changes(
        from ours: CommitID, to index: OpaquePointer, except conflicts: Set<String>
    ) throws -> [FileChange] {
        let files = try flatten(try commit(ours).tree, below: "", recursive: true, limit: 1_000_000)
        var left = Dictionary(files.filter { !$0.entry.isTree }, uniquingKeysWith: { first, _ in first })
        var changes: [FileChange] = []
        for place in 0..<git_index_entrycount(index) {
            guard let found = git_index_get_byindex(index, place), git_index_entry_is_conflict(found) == 0,
                let path = found.pointee.path.map({ String(cString: $0) })
            else { continue }
            let entry = found.pointee
            let old = left.removeValue(forKey: path)
            let id = ObjectID(entry.id)
            guard old?.id != id || old?.mode != entry.mode else { continue }
            let mode = FileMode(entry.mode)
            changes.append(
                source.staged[id].map { .put(path: path, bytes: $0.bytes, mode: mode) }
                    ?? .link(path: path, blob: id, mode: mode))
        }
        return left.keys.filter { !conflicts.contains($0) }.sorted().map { .delete(path: $0) } + changes
    }
}

/// A tree that can be kept in an optional.
private final class OwnedTree {
    private let tree: Owned
    var pointer: OpaquePointer { tree.pointer }

    init(_ tree: consuming Owned) { self.tree = tree }
}

extension MergeConflict {
    /// The change that turns `ours` into what was decided.
    fileprivate func changes(for resolution: MergeResolution) -> [FileChange] {
        switch resolution {
        case .ours: []
        case .bytes(let bytes): [.put(path: path, bytes: bytes, mode: (ours ?? theirs ?? base)?.mode)]
        case .delete: ours == nil ? [] : [.delete(path: path)]
        case .theirs:
            if let theirs {
                [.link(path: path, blob: theirs.id, mode: theirs.mode)]
            } else {
                ours == nil ? [] : [.delete(path: path)]
            }
        }
    }
}
