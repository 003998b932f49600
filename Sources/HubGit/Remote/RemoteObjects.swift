import CLibgit2
import HubCore

/// The object database libgit2's client sees while it fetches: it reads what the repository has to offer, and puts the
/// pack that comes into a file.
///
/// The pack is not looked at here: it goes through everything a push goes through.
final class RemoteObjects {
    private let haves: RemoteHaves
    private let file: ScratchFile
    private let limit: Int
    private(set) var packLength = 0

    /// Whether libgit2 asked for a commit beyond those at hand.
    private(set) var missedSome = false
    private(set) var failure: HubError?

    init(_ haves: RemoteHaves, pack file: ScratchFile, limit: Int) {
        self.haves = haves
        self.file = file
        self.limit = limit
    }

    private func append(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        guard packLength + bytes.count <= limit else {
            failure = .tooLarge("the pack is longer than the \(limit) bytes allowed")
            return GIT_EUSER.rawValue
        }
        do {
            try file.write(bytes, at: packLength)
            packLength += bytes.count
            return 0
        } catch {
            failure = .unavailable(error.message)
            return GIT_EUSER.rawValue
        }
    }

    // MARK: libgit2's side

    /// Makes a backend and hands it to `database`, which owns it from then on.
    func add(to database: OpaquePointer) throws(GitError) {
        let made = UnsafeMutablePointer<hub_odb_backend>.allocate(capacity: 1)
        made.initialize(to: hub_odb_backend())
        made.pointee.source = Unmanaged.passRetained(self).toOpaque()
        let base = UnsafeMutableRawPointer(made).assumingMemoryBound(to: git_odb_backend.self)
        do {
            try git { git_odb_init_backend(base, UInt32(GIT_ODB_BACKEND_VERSION)) }
            Self.set(&base.pointee)
            try git { git_odb_add_backend(database, base, 1) }
        } catch {
            Self.release(base)
            throw error
        }
    }

    private static func set(_ backend: inout git_odb_backend) {
        backend.read = { data, size, kind, backend, id in
            guard let data, let size, let kind, let backend, let id else { return GIT_ERROR.rawValue }
            let objects = RemoteObjects.from(backend)
            guard let bytes = objects.haves.commits[ObjectID(id.pointee)] else {
                objects.missedSome = true
                return GIT_ENOTFOUND.rawValue
            }
            // One byte more, zero: libgit2's parsers are used to objects that end like C strings.
            guard let buffer = git_odb_backend_data_alloc(backend, bytes.count + 1) else { return GIT_ERROR.rawValue }
            bytes.withUnsafeBytes {
                if let start = $0.baseAddress { buffer.copyMemory(from: start, byteCount: $0.count) }
            }
            buffer.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
            data.pointee = buffer
            size.pointee = bytes.count
            kind.pointee = GIT_OBJECT_COMMIT
            return 0
        }
        backend.read_header = { size, kind, backend, id in
            guard let size, let kind, let backend, let id else { return GIT_ERROR.rawValue }
            guard let bytes = RemoteObjects.from(backend).haves.commits[ObjectID(id.pointee)] else {
                return GIT_ENOTFOUND.rawValue
            }
            size.pointee = bytes.count
            kind.pointee = GIT_OBJECT_COMMIT
            return 0
        }
        backend.exists = { backend, id in
            guard let backend, let id else { return 0 }
            let (haves, wanted) = (RemoteObjects.from(backend).haves, ObjectID(id.pointee))
            return haves.targets.contains(wanted) || haves.commits[wanted] != nil ? 1 : 0
        }
        backend.writepack = { out, backend, _, _, _ in
            guard let out, let backend else { return GIT_ERROR.rawValue }
            let made = UnsafeMutablePointer<git_odb_writepack>.allocate(capacity: 1)
            made.initialize(to: git_odb_writepack())
            made.pointee.backend = backend
            made.pointee.append = { pack, data, size, _ in
                guard let pack, let backend = pack.pointee.backend else { return GIT_ERROR.rawValue }
                return RemoteObjects.from(backend).append(UnsafeRawBufferPointer(start: data, count: size))
            }
            made.pointee.commit = { _, _ in 0 }
            made.pointee.free = { $0?.deallocate() }
            out.pointee = made
            return 0
        }
        backend.free = { backend in
            if let backend { RemoteObjects.release(backend) }
        }
    }

    private static func release(_ backend: UnsafeMutablePointer<git_odb_backend>) {
        let made = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: hub_odb_backend.self)
        Unmanaged<RemoteObjects>.fromOpaque(made.pointee.source).release()
        made.deallocate()
    }

    private static func from(_ backend: UnsafeMutablePointer<git_odb_backend>) -> RemoteObjects {
        let made = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: hub_odb_backend.self)
        return Unmanaged<RemoteObjects>.fromOpaque(made.pointee.source).takeUnretainedValue()
    }
}
