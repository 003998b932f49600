import CLibgit2
package import HubCore

/// A bare git repository in a folder: read as it stands, never written.
///
/// Only its own configuration counts, not that of whoever runs the hub.
package struct BareRepository: ~Copyable {
    private let handle: Owned
    private let objects: Owned
    let path: String

    /// Opens the repository in the folder `path`; fails if there is none, or if it is another user's.
    package init(path: String) throws(GitError) {
        Libgit2.start()
        let flags =
            GIT_REPOSITORY_OPEN_BARE.rawValue | GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
            | GIT_REPOSITORY_OPEN_NO_DOTGIT.rawValue
        let handle = try Owned(freeing: { git_repository_free($0) }) {
            git_repository_open_ext($0, path, UInt32(flags), nil)
        }
        objects = try Owned(freeing: { git_odb_free($0) }) { git_repository_odb($0, handle.pointer) }
        self.handle = handle
        self.path = path
    }

    var pointer: OpaquePointer { handle.pointer }

    /// Whether its owner lets anybody push to it who reaches it by HTTP: `http.receivepack`, for `git http-backend`.
    package var takesAnonymousPushes: Bool { get throws(GitError) { try flag("http.receivepack") } }

    /// Whether a push may take a branch back: unless `receive.denyNonFastForwards` says no, as for git.
    package var letsPushesRewind: Bool {
        get throws(GitError) { try !flag("receive.denyNonFastForwards", unclear: true) }
    }

    /// What its own configuration says; false if it says nothing, and `unclear` if that is neither yes nor no.
    private func flag(_ name: String, unclear: Bool = false) throws(GitError) -> Bool {
        let all = try Owned(freeing: { git_config_free($0) }) { git_repository_config($0, handle.pointer) }
        guard
            let own = try? Owned(
                freeing: { git_config_free($0) },
                { git_config_open_level($0, all.pointer, GIT_CONFIG_LEVEL_LOCAL) })
        else { return false }
        var value: Int32 = 0
        switch git_config_get_bool(&value, own.pointer, name) {
        case 0: return value != 0
        case GIT_ENOTFOUND.rawValue: return false
        default: return unclear
        }
    }

    /// The branch that `HEAD` stands for, whether or not it exists; nil if it stands for a commit.
    package var defaultBranch: RefName? {
        get throws(GitError) {
            let head = try Owned(freeing: { git_reference_free($0) }) {
                git_reference_lookup($0, handle.pointer, "HEAD")
            }
            guard let target = git_reference_symbolic_target(head.pointer) else { return nil }
            guard let name = try? RefName(parsing: String(cString: target)), name.isBranch else { return nil }
            return name
        }
    }

    /// An object that must exist; its bytes were hashed and bear this name.
    func object(_ id: ObjectID) throws(GitError) -> GitObject {
        var id = git_oid(id)
        let object = try Owned(freeing: { git_odb_object_free($0) }) { git_odb_read($0, objects.pointer, &id) }
        guard let kind = ObjectKind(git_odb_object_type(object.pointer)) else {
            throw GitError(code: .invalid, message: "\(ObjectID(id)) is of no kind git knows")
        }
        let bytes = UnsafeRawBufferPointer(
            start: git_odb_object_data(object.pointer), count: git_odb_object_size(object.pointer))
        return GitObject(kind: kind, bytes: Array(bytes))
    }

    /// What kind of object `id` is, and how long.
    func header(_ id: ObjectID) throws(GitError) -> ObjectHeader {
        var (id, length, type) = (git_oid(id), 0, GIT_OBJECT_INVALID)
        try git { git_odb_read_header(&length, &type, objects.pointer, &id) }
        guard let kind = ObjectKind(type) else {
            throw GitError(code: .invalid, message: "\(ObjectID(id)) is of no kind git knows")
        }
        return ObjectHeader(kind: kind, size: length)
    }

    func has(_ id: ObjectID) -> Bool {
        var id = git_oid(id)
        return git_odb_exists(objects.pointer, &id) == 1
    }

    /// Whether the history of `new` goes on from `old`.
    package func isForward(from old: CommitID, to new: CommitID) throws(GitError) -> Bool {
        guard has(old) else { return false }
        var (first, second) = (git_oid(new), git_oid(old))
        let status = git_graph_descendant_of(handle.pointer, &first, &second)
        try git { status }
        return status == 1 || old == new
    }
}
