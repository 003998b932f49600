import CLibgit2
package import HubCore

extension GitRepository {
    /// Keeps `bytes` as a blob and returns its id.
    package func writeBlob(_ bytes: [UInt8]) throws -> ObjectID { try write(.blob, bytes) }

    /// Writes `changes`, applied to the tree of `base`, as a commit with these parents, and moves no ref.
    ///
    /// A base of nil is the empty tree. Throws ``GitError``: `.invalidSpec` for a path no checkout should see or two
    /// changes that contradict each other, `.notFound` for deleting what is not there.
    package func writeCommit(
        _ changes: [FileChange], onto base: CommitID?, parents: [CommitID], author: Signature,
        committer: Signature? = nil, message: String
    ) throws -> CommitID {
        let tree = try writeTree(changes, onto: try base.map { try commit($0).tree })
        return try writeCommit(
            tree: tree, parents: parents, author: author, committer: committer ?? author, message: message)
    }

    /// Applies `changes` to a tree and writes what comes of it.
    func writeTree(_ changes: [FileChange], onto base: ObjectID?) throws -> ObjectID {
        let root = TreeEdit()
        for change in changes { try root.add(change, blob: try blob(of: change)) }
        return try root.apply(to: base, in: self) ?? write(.tree, [])
    }

    private func blob(of change: FileChange) throws -> ObjectID? {
        switch change {
        case .put(_, let bytes, _): return try writeBlob(bytes)
        case .delete: return nil
        case .link(let path, let blob, let mode):
            let kind = try source.header(blob)?.kind
            guard kind == .blob || mode == .submodule else {
                throw GitError(code: .notFound, message: "the blob \(blob) for '\(path)' does not exist")
            }
            return blob
        }
    }

    private func writeCommit(
        tree: ObjectID, parents: [CommitID], author: Signature, committer: Signature, message: String
    ) throws -> CommitID {
        let authorship = try author.makeLibgit2()
        let commitment = try committer.makeLibgit2()
        var treeID = git_oid(tree)
        var made = git_oid()
        let parentIDs = parents.map { git_oid($0) }
        try parentIDs.withUnsafeBufferPointer { parents in
            var pointers = parents.indices.map { index in parents.baseAddress?.advanced(by: index) }
            try call {
                git_commit_create_from_ids(
                    &made, pointer, nil, authorship.signature, commitment.signature, nil, message, &treeID,
                    pointers.count, &pointers)
            }
        }
        return ObjectID(made)
    }
}

extension Signature {
    /// A `git_signature` that frees itself.
    struct Libgit2Signature: ~Copyable {
        let signature: UnsafeMutablePointer<git_signature>

        deinit { git_signature_free(signature) }
    }

    /// Fails (`.invalid`) for a name or address that would break a commit's header.
    func makeLibgit2() throws(GitError) -> Libgit2Signature {
        guard !(name + email).unicodeScalars.contains(where: { $0.value < 0x20 || "<>".unicodeScalars.contains($0) })
        else {
            throw GitError(code: .invalid, message: "'\(name)' and '\(email)' cannot sign a commit")
        }
        var made: UnsafeMutablePointer<git_signature>?
        try git { git_signature_new(&made, name, email, seconds, Int32(clamping: offset)) }
        guard let made else { throw GitError(code: .generic, message: "libgit2 made no signature") }
        return Libgit2Signature(signature: made)
    }
}
