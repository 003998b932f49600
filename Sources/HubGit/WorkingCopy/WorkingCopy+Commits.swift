import CLibgit2
package import Foundation
package import HubCore

/// Who made a commit.
package struct CommitAuthor: Sendable, Hashable, Codable {
    package var name: String
    package var email: String

    package init(name: String, email: String) {
        self.name = name
        self.email = email
    }
}

/// One commit of a working copy's history.
package struct LoggedCommit: Sendable, Hashable {
    package var id: CommitID
    package var parents: [CommitID]
    package var author: CommitAuthor
    package var date: Date

    /// The whole message, trailers included.
    package var message: String

    /// The first line of the message.
    package var title: String { String(message.prefix { $0 != "\n" }) }
}

extension WorkingCopy {
    /// The author that git's configuration names, if it does.
    package func configuredAuthor() throws -> CommitAuthor? {
        let environment = ProcessInfo.processInfo.environment
        guard let name = try environment["GIT_AUTHOR_NAME"] ?? setting("user.name"),
            let email = try environment["GIT_AUTHOR_EMAIL"] ?? setting("user.email")
        else { return nil }
        return CommitAuthor(name: name, email: email)
    }

    /// Commits what is staged, on top of the current commit and of those being merged.
    ///
    /// A merge in progress is over afterwards. Nothing staged, or an empty message, is ``HubError/invalid(_:)``.
    @discardableResult
    package func commit(_ message: String, author: CommitAuthor) throws -> CommitID {
        guard message.contains(where: { !$0.isWhitespace }) else {
            throw HubError.invalid("the message is empty; say what the commit does with -m MESSAGE")
        }
        let current = try head().commit
        let merged = try mergeHeads()
        let tree = try stagedTree()
        let before = try current.map { try treeID(of: $0) } ?? Self.emptyTree
        if merged.isEmpty, before == tree {
            throw HubError.invalid("nothing to commit: no change is staged; 'hubctl commit -a' takes every change")
        }
        let parents = (current.map { [$0] } ?? []) + merged
        let commit = try write(tree: tree, parents: parents, message, author, moving: "HEAD")
        try git { git_repository_state_cleanup(handle.pointer) }
        return commit
    }

    /// The id of a tree without entries.
    private static let emptyTree = try? ObjectID(parsing: "4b825dc642cb6eb9a060e54bf8d69288fbee4904")

    /// The tree of what is staged; conflicts that nobody decided are ``HubError/conflict(_:)``.
    private func stagedTree() throws -> ObjectID {
        try withIndex { index in
            guard git_index_has_conflicts(index) == 0 else {
                throw HubError.conflict(
                    "some files are still in conflict; edit them and run 'hubctl add' on each (see 'hubctl status')")
            }
            var tree = git_oid()
            try git { git_index_write_tree(&tree, index) }
            return try ObjectID(copying: tree)
        }
    }

    private func treeID(of commit: CommitID) throws -> ObjectID {
        let object = try commitObject(commit)
        guard let id = git_commit_tree_id(object.pointer) else {
            throw GitError(code: .notFound, message: "commit \(commit) has no tree")
        }
        return try ObjectID(copying: id.pointee)
    }

    private func write(
        tree: ObjectID, parents: [CommitID], _ message: String, _ author: CommitAuthor, moving ref: String
    ) throws -> CommitID {
        var treeID = tree.forLibgit2
        let tree = try Owned(freeing: { git_tree_free($0) }) { git_tree_lookup($0, handle.pointer, &treeID) }
        var signature: UnsafeMutablePointer<git_signature>?
        try git { git_signature_now(&signature, author.name, author.email) }
        defer { git_signature_free(signature) }
        var objects: [OpaquePointer?] = []
        defer { objects.forEach { git_commit_free($0) } }
        for parent in parents {
            var id = parent.forLibgit2
            var object: OpaquePointer?
            try git { git_commit_lookup(&object, handle.pointer, &id) }
            objects.append(object)
        }
        let text = message.hasSuffix("\n") ? message : message + "\n"
        var made = git_oid()
        try git {
            git_commit_create(
                &made, handle.pointer, ref, signature, signature, "UTF-8", text, tree.pointer, objects.count, &objects)
        }
        return try ObjectID(copying: made)
    }

    /// The commits that a merge in progress brings in; empty if there is none.
    package func mergeHeads() throws -> [CommitID] {
        guard let text = FileManager.default.contents(atPath: "\(gitFolder)/MERGE_HEAD") else { return [] }
        return try String(decoding: text, as: UTF8.self).split(separator: "\n").map { try ObjectID(parsing: $0) }
    }

    /// The history of `revision`, newest first, without that of `excluded`.
    package func log(
        _ revision: CommitID, excluding excluded: [CommitID] = [], limit: Int = .max
    ) throws -> [LoggedCommit] {
        let walk = try Owned(freeing: { git_revwalk_free($0) }) { git_revwalk_new($0, handle.pointer) }
        try git { git_revwalk_sorting(walk.pointer, GIT_SORT_TOPOLOGICAL.rawValue | GIT_SORT_TIME.rawValue) }
        var start = revision.forLibgit2
        try git { git_revwalk_push(walk.pointer, &start) }
        for commit in excluded {
            var id = commit.forLibgit2
            try git { git_revwalk_hide(walk.pointer, &id) }
        }
        var commits: [LoggedCommit] = []
        var id = git_oid()
        while commits.count < limit, git_revwalk_next(&id, walk.pointer) == 0 {
            commits.append(try logged(ObjectID(copying: id)))
        }
        return commits
    }

    private func logged(_ id: CommitID) throws -> LoggedCommit {
        let commit = try commitObject(id)
        guard let author = git_commit_author(commit.pointer)?.pointee else {
            throw GitError(code: .invalid, message: "commit \(id) has no author")
        }
        let parents = try (0..<git_commit_parentcount(commit.pointer)).compactMap { position in
            try git_commit_parent_id(commit.pointer, position).map { try ObjectID(copying: $0.pointee) }
        }
        return LoggedCommit(
            id: id, parents: parents,
            author: CommitAuthor(name: String(cString: author.name), email: String(cString: author.email)),
            date: Date(timeIntervalSince1970: TimeInterval(author.when.time)),
            message: git_commit_message(commit.pointer).map { String(cString: $0) } ?? "")
    }
}
