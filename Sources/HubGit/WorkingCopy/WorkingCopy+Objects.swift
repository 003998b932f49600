import CLibgit2
package import HubCore

extension ObjectID {
    init(copying id: git_oid) throws(GitError) {
        let bytes = withUnsafeBytes(of: id.id) { Array($0) }
        guard let value = ObjectID(bytes: bytes) else {
            throw GitError(code: .invalid, message: "libgit2 gave an object id of \(bytes.count) bytes")
        }
        self = value
    }

    var forLibgit2: git_oid {
        var id = git_oid()
        withUnsafeMutableBytes(of: &id.id) { $0.copyBytes(from: bytes) }
        return id
    }
}

/// A file of one revision: its path and the blob behind it.
package struct RevisionFile: Sendable, Hashable {
    package var path: String
    package var blob: ObjectID
    package var isExecutable: Bool

    /// What the blob points to, if it is a git-lfs pointer.
    package var pointer: LFSPointer?

    /// Of the content: the pointer's size for a large file, else the blob's.
    package var size: Int

    package init(path: String, blob: ObjectID, isExecutable: Bool, pointer: LFSPointer?, size: Int) {
        self.path = path
        self.blob = blob
        self.isExecutable = isExecutable
        self.pointer = pointer
        self.size = size
    }
}

extension WorkingCopy {
    /// The commit a person means by `revision`: a branch, a tag, `HEAD~1`, `origin/main`, a full or short id.
    package func resolve(_ revision: String) throws -> CommitID {
        do {
            let object = try Owned(freeing: { git_object_free($0) }) {
                git_revparse_single($0, handle.pointer, revision)
            }
            let commit = try Owned(freeing: { git_object_free($0) }) {
                git_object_peel($0, object.pointer, GIT_OBJECT_COMMIT)
            }
            guard let id = git_object_id(commit.pointer) else { throw GitError(code: .notFound, message: revision) }
            return try ObjectID(copying: id.pointee)
        } catch let error as GitError {
            throw Self.explain(error, revision)
        }
    }

    private static func explain(_ error: GitError, _ revision: String) -> HubError {
        switch error.code {
        case .notFound where revision == "HEAD":
            .revisionNotFound("there is no commit yet; run 'hubctl commit -a -m MESSAGE' first")
        case .notFound: .revisionNotFound("'\(revision)' is no branch, tag or commit here")
        case .ambiguous: .invalid("'\(revision)' could mean several commits; give more digits of its id")
        default: .invalid("'\(revision)' is not a revision: \(error.message)")
        }
    }

    /// All files at `commit`, sorted by path; submodules are left out.
    package func files(at commit: CommitID) throws -> [RevisionFile] {
        let tree = try self.tree(of: commit)
        var files: [RevisionFile] = []
        try collect(tree.pointer, below: "", into: &files)
        return files.sorted { $0.path < $1.path }
    }

    private func collect(_ tree: OpaquePointer, below folder: String, into files: inout [RevisionFile]) throws {
        for index in 0..<git_tree_entrycount(tree) {
            guard let entry = git_tree_entry_byindex(tree, index), let id = git_tree_entry_id(entry) else { continue }
            let path = folder + String(cString: git_tree_entry_name(entry))
            switch git_tree_entry_type(entry) {
            case GIT_OBJECT_TREE:
                let subtree = try Owned(freeing: { git_tree_free($0) }) {
                    git_tree_lookup($0, handle.pointer, id)
                }
                try collect(subtree.pointer, below: path + "/", into: &files)
            case GIT_OBJECT_BLOB:
                let isExecutable = git_tree_entry_filemode(entry) == GIT_FILEMODE_BLOB_EXECUTABLE
                files.append(try file(path, ObjectID(copying: id.pointee), isExecutable: isExecutable))
            default: continue
            }
        }
    }

    /// Describes the blob `id` as the file `path`.
    func file(_ path: String, _ id: ObjectID, isExecutable: Bool) throws -> RevisionFile {
        let size = try blobSize(id)
        let pointer = size <= LFSPointer.maximumByteCount ? LFSPointer(parsing: try blob(id)) : nil
        return RevisionFile(
            path: path, blob: id, isExecutable: isExecutable, pointer: pointer, size: pointer?.size ?? size)
    }

    private func blobSize(_ id: ObjectID) throws -> Int {
        let odb = try Owned(freeing: { git_odb_free($0) }) { git_repository_odb($0, handle.pointer) }
        var size = 0
        var kind = GIT_OBJECT_INVALID
        var raw = id.forLibgit2
        try git { git_odb_read_header(&size, &kind, odb.pointer, &raw) }
        return size
    }

    /// The bytes of a blob; for a large file, of its pointer.
    package func blob(_ id: ObjectID) throws -> [UInt8] {
        var raw = id.forLibgit2
        let blob = try Owned(freeing: { git_blob_free($0) }) { git_blob_lookup($0, handle.pointer, &raw) }
        let bytes = UnsafeRawBufferPointer(
            start: git_blob_rawcontent(blob.pointer), count: Int(git_blob_rawsize(blob.pointer)))
        return Array(bytes)
    }

    func writeBlob(_ bytes: [UInt8]) throws -> ObjectID {
        var id = git_oid()
        try git { git_blob_create_from_buffer(&id, handle.pointer, bytes, bytes.count) }
        return try ObjectID(copying: id)
    }

    func commitObject(_ id: CommitID) throws -> Owned {
        var raw = id.forLibgit2
        return try Owned(freeing: { git_commit_free($0) }) { git_commit_lookup($0, handle.pointer, &raw) }
    }

    func tree(of commit: CommitID) throws -> Owned {
        let commit = try commitObject(commit)
        return try Owned(freeing: { git_tree_free($0) }) { git_commit_tree($0, commit.pointer) }
    }
}
