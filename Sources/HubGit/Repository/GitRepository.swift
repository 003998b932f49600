import CLibgit2
import HubCore
package import HubDatabase

/// One repository, open on one database transaction and lent for as long as that lasts.
///
/// It sees exactly what the transaction sees. Objects are shared by all repositories, so ids handed in must come
/// from this repository (its refs, commits and trees) or from what the caller has just written; an id that came
/// from a client goes through ``resolve(_:)`` first.
package struct GitRepository: ~Copyable {
    /// The row id that owns the refs.
    package let id: Int64

    let connection: any SQLConnection
    let source: ObjectSource
    let memory: RepositoryMemory
    private let handle: Owned
    private let database: Owned

    package init(_ connection: any SQLConnection, repository id: Int64) throws {
        try self.init(connection, repository: id, source: ObjectSource(connection: connection), caches: nil)
    }

    /// - Parameter caches: What the process knows of the repository, to start from.
    init(_ connection: any SQLConnection, repository id: Int64, source: ObjectSource, caches: GitCaches?) throws {
        Libgit2.start()
        self.id = id
        self.connection = connection
        self.source = source
        memory = RepositoryMemory(id, caches)
        let database = try Owned(freeing: { git_odb_free($0) }) { git_odb_new($0) }
        try ObjectBackend.add(source, to: database.pointer)
        let handle = try Owned(freeing: { git_repository_free($0) }) { git_repository_new($0) }
        try git { git_repository_set_odb(handle.pointer, database.pointer) }
        // Without these two libgit2 would look for the configuration of whoever runs the hub, and for an index file.
        let configuration = try Owned(freeing: { git_config_free($0) }) { git_config_new($0) }
        try git { git_repository_set_config(handle.pointer, configuration.pointer) }
        let index = try Owned(freeing: { git_index_free($0) }) { git_index_new($0) }
        try git { git_repository_set_index(handle.pointer, index.pointer) }
        self.database = database
        self.handle = handle
    }

    var pointer: OpaquePointer { handle.pointer }

    /// Calls libgit2 once; an error from inside a callback is thrown as it was, any other status as ``GitError``.
    func call(_ body: () -> Int32) throws {
        do {
            try git(body)
        } catch {
            throw source.takeFailure() ?? error
        }
        if let failure = source.takeFailure() { throw failure }
    }

    /// Makes a libgit2 object the way ``call(_:)`` calls.
    func make(
        freeing free: @escaping (OpaquePointer) -> Void,
        _ make: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws -> Owned {
        do {
            let made = try Owned(freeing: free, make)
            if let failure = source.takeFailure() { throw failure }
            return made
        } catch {
            throw source.takeFailure() ?? error
        }
    }

    /// Writes an object, whose name libgit2 computes.
    ///
    /// What is staged is staged even if another repository has it: this one may not reach that.
    func write(_ kind: ObjectKind, _ bytes: [UInt8]) throws -> ObjectID {
        if source.stagesWrites {
            let id = try ObjectID(of: kind, bytes)
            try source.write(GitObject(kind: kind, bytes: bytes), as: id)
            return id
        }
        var made = git_oid()
        try call { git_odb_write(&made, database.pointer, bytes, bytes.count, kind.libgit2) }
        return ObjectID(made)
    }

    /// Reads an object that must exist and be of `kind`.
    func read(_ id: ObjectID, as kind: ObjectKind) throws -> [UInt8] {
        guard let object = try source.object(id) else {
            throw GitError(code: .notFound, message: "git object \(id) is missing")
        }
        guard object.kind == kind else {
            throw GitError(code: .invalid, message: "git object \(id) is a \(object.kind), not a \(kind)")
        }
        return object.bytes
    }
}
