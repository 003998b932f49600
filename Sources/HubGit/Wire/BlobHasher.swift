import CLibgit2
import HubCore

/// Names a blob whose bytes come in pieces; libgit2 hashes, and refuses bytes made to collide under SHA-1.
///
/// libgit2 hashes what is streamed into an object database; this one keeps nothing.
final class BlobHasher {
    private let database: Owned
    private let stream: UnsafeMutablePointer<git_odb_stream>

    /// - Parameter size: How many bytes will come.
    init(size: Int) throws(GitError) {
        let database = try Owned(freeing: { git_odb_free($0) }) { git_odb_new($0) }
        let backend = UnsafeMutablePointer<git_odb_backend>.allocate(capacity: 1)
        backend.initialize(to: git_odb_backend())
        do {
            try git { git_odb_init_backend(backend, UInt32(GIT_ODB_BACKEND_VERSION)) }
            backend.pointee.writestream = Self.open
            backend.pointee.free = { $0?.deallocate() }
            try git { git_odb_add_backend(database.pointer, backend, 1) }
        } catch {
            backend.deallocate()
            throw error
        }
        var opened: UnsafeMutablePointer<git_odb_stream>?
        try git { git_odb_open_wstream(&opened, database.pointer, git_object_size_t(size), GIT_OBJECT_BLOB) }
        guard let opened else { throw GitError(code: .generic, message: "libgit2 opened nothing to hash with") }
        self.database = database
        stream = opened
    }

    deinit { git_odb_stream_free(stream) }

    func update(_ bytes: [UInt8]) throws(GitError) {
        try git {
            bytes.withUnsafeBytes { buffer in
                git_odb_stream_write(stream, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count)
            }
        }
    }

    /// The name; fails unless as many bytes came as were announced.
    func finish() throws(GitError) -> ObjectID {
        var id = git_oid()
        git_error_clear()
        try git { git_odb_stream_finalize_write(&id, stream) }
        // The status of the hash itself is not handed on; what it complained about is.
        if let complaint = git_error_last(), complaint.pointee.klass != Int32(GIT_ERROR_NONE.rawValue) {
            throw GitError(code: .invalid, message: String(cString: complaint.pointee.message))
        }
        return ObjectID(id)
    }

    private static let open:
        @convention(c) (
            UnsafeMutablePointer<UnsafeMutablePointer<git_odb_stream>?>?, UnsafeMutablePointer<git_odb_backend>?,
            git_object_size_t, git_object_t
        ) -> Int32 = { out, backend, _, _ in
            guard let out, let backend else { return GIT_ERROR.rawValue }
            let made = UnsafeMutablePointer<git_odb_stream>.allocate(capacity: 1)
            made.initialize(to: git_odb_stream())
            made.pointee.backend = backend
            made.pointee.mode = UInt32(GIT_STREAM_WRONLY.rawValue)
            made.pointee.write = { _, _, _ in 0 }
            made.pointee.finalize_write = { _, _ in 0 }
            made.pointee.free = { $0?.deallocate() }
            out.pointee = made
            return 0
        }
}
