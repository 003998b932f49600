import CLibgit2
import Foundation
package import HubCore

/// A bare git repository in a folder: read as it stands, never written.
///
/// Only its own configuration counts, not that of whoever runs the hub.
package struct BareRepository: ~Copyable {
    private let handle: Owned
    private let objects: Owned
    let path: String

    /// Opens the repository in the folder `path`.
    ///
    /// Fails if there is none, if it is another user's, if it is shallow, or if its objects are named by SHA-256.
    package init(path: String) throws(GitError) {
        Libgit2.start()
        try Self.requireSHA1(path)
        let flags =
            GIT_REPOSITORY_OPEN_BARE.rawValue | GIT_REPOSITORY_OPEN_NO_SEARCH.rawValue
            | GIT_REPOSITORY_OPEN_NO_DOTGIT.rawValue
        let handle = try Owned(freeing: { git_repository_free($0) }) {
            git_repository_open_ext($0, path, UInt32(flags), nil)
        }
        guard git_repository_is_shallow(handle.pointer) == 0 else {
            throw .invalid(
                "the repository is shallow, it lacks the older commits; `git -C \(path) fetch --unshallow` brings them")
        }
        objects = try Owned(freeing: { git_odb_free($0) }) { git_repository_odb($0, handle.pointer) }
        self.handle = handle
        self.path = path
    }

    /// Told here, because libgit2 only says which setting it does not know.
    private static func requireSHA1(_ path: String) throws(GitError) {
        guard
            let config = try? Owned(
                freeing: { git_config_free($0) }, { git_config_open_ondisk($0, path + "/config") })
        else { return }
        var value = git_buf()
        defer { git_buf_dispose(&value) }
        guard git_config_get_string_buf(&value, config.pointer, "extensions.objectformat") == 0 else { return }
        let format = String(cString: value.ptr)
        guard format.lowercased() != "sha1" else { return }
        throw .invalid(
            "its objects are named by '\(format.prefix(20))' (extensions.objectFormat); the hub keeps repositories of "
                + "SHA-1 only, such as `git fast-export --all` and `git fast-import` make of it")
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

    /// An object that must exist; its bytes were hashed and bear this name.
    func object(_ id: ObjectID) throws(GitError) -> GitObject {
        var id = git_oid(id)
        let object: Owned
        do {
            object = try Owned(freeing: { git_odb_object_free($0) }) { git_odb_read($0, objects.pointer, &id) }
        } catch {
            throw explain(error, reading: ObjectID(id))
        }
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
        do {
            try git { git_odb_read_header(&length, &type, objects.pointer, &id) }
        } catch {
            throw explain(error, reading: ObjectID(id))
        }
        guard let kind = ObjectKind(type) else {
            throw GitError(code: .invalid, message: "\(ObjectID(id)) is of no kind git knows")
        }
        return ObjectHeader(kind: kind, size: length)
    }

    func has(_ id: ObjectID) -> Bool {
        var id = git_oid(id)
        return git_odb_exists(objects.pointer, &id) == 1
    }

    /// Says what to do if it is that the object is not there, though something names it.
    private func explain(_ error: GitError, reading id: ObjectID) -> GitError {
        guard !has(id) else { return error }
        let packs = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/objects/pack")) ?? []
        let remedy =
            packs.contains { $0.hasSuffix(".promisor") }
            ? "the repository is a partial clone, and `git -C \(path) fetch --refetch --no-filter origin "
                + "'refs/heads/*:refs/heads/*' --tags` brings the rest"
            : "the repository is damaged, and `git -C \(path) fsck` tells what else it lacks"
        return GitError(code: .notFound, message: "object \(id) is missing: \(remedy)")
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
