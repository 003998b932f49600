import CLibgit2
package import HubCore

extension GitRepository {
    /// Reads one commit.
    package func commit(_ id: CommitID) throws -> Commit {
        var oid = git_oid(id)
        let commit = try make(freeing: { git_commit_free($0) }) { git_commit_lookup($0, pointer, &oid) }
        let message = git_commit_message(commit.pointer).map { String(cString: $0) } ?? ""
        let parents = (0..<git_commit_parentcount(commit.pointer)).compactMap { index in
            git_commit_parent_id(commit.pointer, index).map { ObjectID($0.pointee) }
        }
        return Commit(
            id: id,
            tree: git_commit_tree_id(commit.pointer).map { ObjectID($0.pointee) } ?? .zero,
            parents: parents,
            author: Signature(git_commit_author(commit.pointer)),
            committer: Signature(git_commit_committer(commit.pointer)),
            message: message
        )
    }

    /// Whether a commit that this repository had is still there; one that no ref reaches may be gone.
    package func keeps(_ id: CommitID) throws -> Bool { try source.header(id)?.kind == .commit }

    /// The history of `start`, newest first, without the first `skip` commits and at most `limit` of the others.
    package func log(from start: CommitID, skip: Int = 0, limit: Int) throws -> [Commit] {
        var ids: [CommitID] = []
        var place = 0
        guard limit > 0 else { return [] }
        try forEachCommit(from: [start]) { id in
            if place >= skip { ids.append(id) }
            place += 1
            return ids.count < limit
        }
        return try ids.map { id in try commit(id) }
    }

    /// How many commits the history of `start` has.
    package func commitCount(from start: CommitID) throws -> Int {
        var count = 0
        try forEachCommit(from: [start]) { _ in
            count += 1
            return true
        }
        return count
    }

    /// The newest commits that `start` reaches and none of `hidden` does, at most `limit`, newest first.
    package func commits(from start: CommitID, hiding hidden: [CommitID], limit: Int) throws -> [Commit] {
        var found: [Commit] = []
        try forEachCommit(from: [start], hiding: hidden) { id in
            found.append(try commit(id))
            return found.count < limit
        }
        return found
    }
}

extension Signature {
    fileprivate init(_ signature: UnsafePointer<git_signature>?) {
        guard let signature = signature?.pointee else {
            self.init(name: "", email: "", seconds: 0)
            return
        }
        self.init(
            name: signature.name.map { String(cString: $0) } ?? "",
            email: signature.email.map { String(cString: $0) } ?? "",
            seconds: signature.when.time,
            offset: Int(signature.when.offset)
        )
    }
}
