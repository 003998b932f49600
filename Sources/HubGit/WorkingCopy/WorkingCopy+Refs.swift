import CLibgit2
package import HubCore

/// Where the working copy stands.
package struct Head: Sendable, Hashable {
    /// Nil when a commit is checked out, not a branch.
    package var branch: RefName?

    /// Nil before the first commit.
    package var commit: CommitID?
}

/// A branch or tag, and the commit it stands at.
package struct LocalRef: Sendable, Hashable {
    package var name: RefName
    package var commit: CommitID
}

extension WorkingCopy {
    package func head() throws -> Head {
        let reference = try Owned(freeing: { git_reference_free($0) }) {
            git_reference_lookup($0, handle.pointer, "HEAD")
        }
        let branch = try git_reference_symbolic_target(reference.pointer).map {
            try RefName(parsing: String(cString: $0))
        }
        return Head(branch: branch, commit: try commit(at: "HEAD"))
    }

    /// The commit that the ref with this full name stands at; nil if there is no such ref.
    package func commit(at name: String) throws -> CommitID? {
        var id = git_oid()
        do {
            try git { git_reference_name_to_id(&id, handle.pointer, name) }
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        return try peel(id)
    }

    private func peel(_ id: git_oid) throws -> CommitID? {
        var id = id
        let object = try Owned(freeing: { git_object_free($0) }) {
            git_object_lookup($0, handle.pointer, &id, GIT_OBJECT_ANY)
        }
        let commit = try Owned(freeing: { git_object_free($0) }) {
            git_object_peel($0, object.pointer, GIT_OBJECT_COMMIT)
        }
        return try git_object_id(commit.pointer).map { try ObjectID(copying: $0.pointee) }
    }

    package func branches() throws -> [LocalRef] { try refs(below: "refs/heads/") }
    package func tags() throws -> [LocalRef] { try refs(below: "refs/tags/") }

    /// What is known of the branches of `remote`, as of the last fetch.
    package func remoteBranches(of remote: String) throws -> [LocalRef] {
        try refs(below: "refs/remotes/\(remote)/").filter { $0.name.name != "refs/remotes/\(remote)/HEAD" }
    }

    private func refs(below prefix: String) throws -> [LocalRef] {
        var iterator: OpaquePointer?
        try git { git_reference_iterator_glob_new(&iterator, handle.pointer, prefix + "*") }
        defer { git_reference_iterator_free(iterator) }
        var found: [LocalRef] = []
        var name: UnsafePointer<CChar>?
        while git_reference_next_name(&name, iterator) == 0 {
            guard let name else { break }
            let ref = try RefName(parsing: String(cString: name))
            if let commit = try commit(at: ref.name) { found.append(LocalRef(name: ref, commit: commit)) }
        }
        return found.sorted { $0.name.name < $1.name.name }
    }

    /// Creates `branch` at `commit`; a taken name is ``HubError/conflict(_:)``.
    package func createBranch(_ branch: RefName, at commit: CommitID) throws {
        try create(branch, at: commit, "there is already a branch '\(branch.short)'")
    }

    /// Creates the lightweight tag `tag` at `commit`; a taken name is ``HubError/conflict(_:)``.
    package func createTag(_ tag: RefName, at commit: CommitID) throws {
        try create(tag, at: commit, "there is already a tag '\(tag.short)'; tags do not move")
    }

    private func create(_ ref: RefName, at commit: CommitID, _ taken: String) throws {
        var id = commit.forLibgit2
        do {
            _ = try Owned(freeing: { git_reference_free($0) }) {
                git_reference_create($0, handle.pointer, ref.name, &id, 0, "hubctl")
            }
        } catch {
            guard error.code == .exists else { throw error }
            throw HubError.conflict(taken)
        }
    }

    /// Points a branch, tag or remote branch at `commit`, whatever it stood at.
    package func point(_ ref: String, at commit: CommitID) throws {
        var id = commit.forLibgit2
        _ = try Owned(freeing: { git_reference_free($0) }) {
            git_reference_create($0, handle.pointer, ref, &id, 1, "hubctl")
        }
    }

    /// Deletes a branch or tag; the branch one stands on cannot be deleted.
    package func delete(_ ref: RefName) throws {
        guard try head().branch != ref else {
            throw HubError.conflict("'\(ref.short)' is the current branch; switch to another one before deleting it")
        }
        do {
            let reference = try Owned(freeing: { git_reference_free($0) }) {
                git_reference_lookup($0, handle.pointer, ref.name)
            }
            try git { git_reference_delete(reference.pointer) }
        } catch {
            guard error.code == .notFound else { throw error }
            throw HubError.revisionNotFound("there is no \(ref.isTag ? "tag" : "branch") '\(ref.short)' here")
        }
    }

    /// Makes `branch` the current one without touching any file.
    package func setHead(to branch: RefName) throws {
        try git { git_repository_set_head(handle.pointer, branch.name) }
    }

    /// The best common ancestor; nil if the histories are unrelated.
    package func mergeBase(_ one: CommitID, _ other: CommitID) throws -> CommitID? {
        var base = git_oid()
        var first = one.forLibgit2
        var second = other.forLibgit2
        do {
            try git { git_merge_base(&base, handle.pointer, &first, &second) }
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
        return try ObjectID(copying: base)
    }
}
