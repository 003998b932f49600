import CLibgit2
package import HubCore

extension WorkingCopy {
    /// Makes the folder hold `branch`, and the branch current.
    ///
    /// Large files come from the store; those it lacks are left as pointers and returned. Files that were changed
    /// and not committed are never overwritten: that is ``HubError/conflict(_:)``.
    @discardableResult
    package func switchTo(_ branch: RefName) throws -> [LFSPointer] {
        guard let commit = try commit(at: branch.name) else {
            throw HubError.revisionNotFound("there is no branch '\(branch.short)' here")
        }
        try checkOut(commit)
        try setHead(to: branch)
        return try materialise()
    }

    /// As ``switchTo(_:)``, for a commit without a branch.
    @discardableResult
    package func detach(at commit: CommitID) throws -> [LFSPointer] {
        try checkOut(commit)
        var id = commit.forLibgit2
        try git { git_repository_set_head_detached(handle.pointer, &id) }
        return try materialise()
    }

    /// Moves the current branch forward to `commit`, which descends from it, and the folder with it.
    @discardableResult
    package func fastForward(to commit: CommitID) throws -> [LFSPointer] {
        try checkOut(commit)
        guard let branch = try head().branch else { return try detach(at: commit) }
        try point(branch.name, at: commit)
        return try materialise()
    }

    /// Makes the folder and what is staged equal to `commit`, and the current branch point there.
    ///
    /// Changes to tracked files are lost, a merge in progress is over; untracked files stay.
    @discardableResult
    package func reset(to commit: CommitID) throws -> [LFSPointer] {
        let tree = try tree(of: commit)
        try withIndex { index in
            let changed = try Set(changedPaths(from: index, to: tree.pointer))
            try putAway(changed, in: index)
        }
        let object = try commitObject(commit)
        try git { git_reset(handle.pointer, object.pointer, GIT_RESET_HARD, nil) }
        return try materialise()
    }

    private func checkOut(_ commit: CommitID) throws {
        let tree = try tree(of: commit)
        try makeWay(for: tree.pointer)
        var options = git_checkout_options()
        try git { git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION)) }
        options.checkout_strategy = GIT_CHECKOUT_SAFE.rawValue | GIT_CHECKOUT_RECREATE_MISSING.rawValue
        do {
            try git { git_checkout_tree(handle.pointer, tree.pointer, &options) }
        } catch {
            guard error.code == .conflict else { throw error }
            throw HubError.conflict("the checkout would overwrite files that are not committed: \(error.message)")
        }
    }

    /// Sees that nothing uncommitted stands where `tree` differs from what is staged, and keeps the content of large
    /// files that will be replaced.
    private func makeWay(for tree: OpaquePointer) throws {
        let dirty = Set(try status().map(\.path))
        try withIndex { index in
            try makeWay(for: changedPaths(from: index, to: tree), among: dirty, in: index)
        }
    }

    /// As for a checkout of the index `merged`.
    func makeWay(forIndex merged: OpaquePointer) throws {
        let dirty = Set(try status().map(\.path))
        try withIndex { index in
            let diff = try Owned(freeing: { git_diff_free($0) }) {
                git_diff_index_to_index($0, handle.pointer, index, merged, nil)
            }
            try makeWay(for: paths(of: diff.pointer), among: dirty, in: index)
        }
    }

    private func makeWay(for changed: [String], among dirty: Set<String>, in index: OpaquePointer) throws {
        if let first = changed.first(where: dirty.contains) {
            throw HubError.conflict("'\(first)' is changed or new here and would be overwritten; commit it first")
        }
        try putAway(Set(changed), in: index)
    }

    /// The paths at which `tree` is not what is staged.
    private func changedPaths(from index: OpaquePointer, to tree: OpaquePointer) throws -> [String] {
        let diff = try Owned(freeing: { git_diff_free($0) }) {
            git_diff_tree_to_index($0, handle.pointer, tree, index, nil)
        }
        return paths(of: diff.pointer)
    }

    func paths(of diff: OpaquePointer) -> [String] {
        (0..<git_diff_num_deltas(diff)).compactMap { position in
            guard let delta = git_diff_get_delta(diff, position)?.pointee,
                let name = delta.new_file.path ?? delta.old_file.path
            else { return nil }
            return String(cString: name)
        }
    }
}
