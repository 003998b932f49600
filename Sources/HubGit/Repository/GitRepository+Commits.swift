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

    /// The best common ancestor of two commits, or nil if their histories are unrelated.
    package func mergeBase(_ one: CommitID, _ other: CommitID) throws -> CommitID? {
        var base = git_oid()
        var first = git_oid(one)
        var second = git_oid(other)
        do {
            try call { git_merge_base(&base, pointer, &first, &second) }
        } catch let error as GitError where error.code == .notFound {
            // libgit2 says the same of a missing commit; that one is an error.
            _ = (try commit(one), try commit(other))
            return nil
        }
        return ObjectID(base)
    }

    /// Whether the history of `commit` contains `ancestor`; a commit contains itself.
    package func isAncestor(_ ancestor: CommitID, of commit: CommitID) throws -> Bool {
        guard ancestor != commit else { return true }
        var descendant = git_oid(commit)
        var older = git_oid(ancestor)
        var answer: Int32 = 0
        try call {
            answer = git_graph_descendant_of(pointer, &descendant, &older)
            return answer
        }
        return answer == 1
    }

    /// The newest commits that `start` reaches and none of `hidden` does, at most `limit`, newest first.
    package func commits(from start: CommitID, hiding hidden: [CommitID], limit: Int) throws -> [Commit] {
        var found: [Commit] = []
        try forEachCommit(from: [start], hiding: hidden, topological: true) { id in
            found.append(try commit(id))
            return found.count < limit
        }
        return found
    }

    /// Walks the history of `starts`, newest first, without what `hidden` reach, until `body` returns false.
    func forEachCommit(
        from starts: [CommitID], hiding hidden: [CommitID] = [], topological: Bool = false,
        _ body: (CommitID) throws -> Bool
    ) throws {
        guard !starts.isEmpty else { return }
        let walk = try make(freeing: { git_revwalk_free($0) }) { git_revwalk_new($0, pointer) }
        if topological { try call { git_revwalk_sorting(walk.pointer, GIT_SORT_TOPOLOGICAL.rawValue) } }
        for start in starts {
            var oid = git_oid(start)
            try call { git_revwalk_push(walk.pointer, &oid) }
        }
        for commit in hidden {
            var oid = git_oid(commit)
            try call { git_revwalk_hide(walk.pointer, &oid) }
        }
        while true {
            var next = git_oid()
            do {
                try call { git_revwalk_next(&next, walk.pointer) }
            } catch let error as GitError where error.code == .iterationOver {
                return
            }
            guard try body(ObjectID(next)) else { return }
        }
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
