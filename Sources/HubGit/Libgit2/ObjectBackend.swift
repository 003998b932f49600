import CLibgit2
import HubCore

/// The `git_odb_backend` through which libgit2 sees an ``ObjectSource``.
///
/// The backend holds a reference to its source and releases it when libgit2 frees the object database.
enum ObjectBackend {
    /// Makes a backend and hands it to `database`, which owns it from then on.
    static func add(_ source: ObjectSource, to database: OpaquePointer) throws(GitError) {
        let made = UnsafeMutablePointer<hub_odb_backend>.allocate(capacity: 1)
        made.initialize(to: hub_odb_backend())
        made.pointee.source = Unmanaged.passRetained(source).toOpaque()
        let base = UnsafeMutableRawPointer(made).assumingMemoryBound(to: git_odb_backend.self)
        do {
            try git { git_odb_init_backend(base, UInt32(GIT_ODB_BACKEND_VERSION)) }
            set(&base.pointee)
            try git { git_odb_add_backend(database, base, 1) }
        } catch {
            release(base)
            throw error
        }
    }

    private static func set(_ backend: inout git_odb_backend) {
        backend.read = read
        backend.read_prefix = readPrefix
        backend.read_header = readHeader
        backend.write = write
        backend.exists = exists
        backend.freshen = freshen
        backend.exists_prefix = existsPrefix
        backend.foreach = forEach
        backend.free = free
    }

    private static func release(_ backend: UnsafeMutablePointer<git_odb_backend>) {
        let made = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: hub_odb_backend.self)
        Unmanaged<ObjectSource>.fromOpaque(made.pointee.source).release()
        made.deallocate()
    }

    private static func source(_ backend: UnsafeMutablePointer<git_odb_backend>) -> ObjectSource {
        let made = UnsafeMutableRawPointer(backend).assumingMemoryBound(to: hub_odb_backend.self)
        return Unmanaged<ObjectSource>.fromOpaque(made.pointee.source).takeUnretainedValue()
    }

    // MARK: Callbacks

    private static let free: FreeCallback = { backend in
        if let backend { ObjectBackend.release(backend) }
    }

    private static let read: ReadCallback = { data, size, kind, backend, id in
        guard let data, let size, let kind, let backend, let id else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt { try give(ObjectID(id.pointee), from: source, backend, data, size, kind) }
    }

    private static let readPrefix: ReadPrefixCallback = { found, data, size, kind, backend, prefix, length in
        guard let found, let data, let size, let kind, let backend, let prefix else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt {
            let status = try match(prefix, length, in: source, found)
            guard status == 0 else { return status }
            return try give(ObjectID(found.pointee), from: source, backend, data, size, kind)
        }
    }

    private static let readHeader: ReadHeaderCallback = { size, kind, backend, id in
        guard let size, let kind, let backend, let id else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt {
            guard let header = try source.header(ObjectID(id.pointee)) else { return GIT_ENOTFOUND.rawValue }
            size.pointee = header.size
            kind.pointee = header.kind.libgit2
            return 0
        }
    }

    private static let write: WriteCallback = { backend, id, data, size, kind in
        guard let backend, let id, let kind = ObjectKind(kind) else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt {
            let bytes = [UInt8](UnsafeRawBufferPointer(start: data, count: size))
            try source.write(GitObject(kind: kind, bytes: bytes), as: ObjectID(id.pointee))
            return 0
        }
    }

    private static let exists: ExistsCallback = { backend, id in
        guard let backend, let id else { return 0 }
        let source = source(backend)
        return source.attempt { try source.header(ObjectID(id.pointee)) == nil ? 0 : 1 } == 1 ? 1 : 0
    }

    private static let freshen: FreshenCallback = { backend, id in
        guard let backend, let id else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt { try source.freshen(ObjectID(id.pointee)) ? 0 : GIT_ENOTFOUND.rawValue }
    }

    private static let existsPrefix: ExistsPrefixCallback = { found, backend, prefix, length in
        guard let found, let backend, let prefix else { return GIT_ERROR.rawValue }
        let source = source(backend)
        return source.attempt { try match(prefix, length, in: source, found) }
    }

    private static let forEach: ForEachCallback = { backend, callback, payload in
        guard let backend, let callback else { return GIT_ERROR.rawValue }
        let source = source(backend)
        var status: Int32 = 0
        let outcome = source.attempt {
            try source.rows.forEachID { id in
                var id = git_oid(id)
                status = callback(&id, payload)
                return status == 0
            }
            return 0
        }
        return outcome == 0 ? status : outcome
    }

    // MARK: Work of the callbacks

    private static func give(
        _ id: ObjectID, from source: ObjectSource, _ backend: UnsafeMutablePointer<git_odb_backend>,
        _ data: UnsafeMutablePointer<UnsafeMutableRawPointer?>, _ size: UnsafeMutablePointer<Int>,
        _ kind: UnsafeMutablePointer<git_object_t>
    ) throws -> Int32 {
        guard let object = try source.object(id) else { return GIT_ENOTFOUND.rawValue }
        // One byte more, zero: libgit2's parsers are used to objects that end like C strings.
        guard let buffer = git_odb_backend_data_alloc(backend, object.bytes.count + 1) else {
            return GIT_ERROR.rawValue
        }
        object.bytes.withUnsafeBytes { bytes in
            if let start = bytes.baseAddress { buffer.copyMemory(from: start, byteCount: bytes.count) }
        }
        buffer.storeBytes(of: 0, toByteOffset: object.bytes.count, as: UInt8.self)
        data.pointee = buffer
        size.pointee = object.bytes.count
        kind.pointee = object.kind.libgit2
        return 0
    }

    private static func match(
        _ prefix: UnsafePointer<git_oid>, _ length: Int, in source: ObjectSource,
        _ found: UnsafeMutablePointer<git_oid>
    ) throws -> Int32 {
        let range = ObjectID(prefix.pointee).range(ofPrefixLength: length)
        let ids = try source.rows.ids(from: range.lowerBound, through: range.upperBound, limit: 2)
        guard let id = ids.first else { return GIT_ENOTFOUND.rawValue }
        guard ids.count == 1 else { return GIT_EAMBIGUOUS.rawValue }
        found.pointee = git_oid(id)
        return 0
    }
}

private typealias Backend = UnsafeMutablePointer<git_odb_backend>
private typealias Data = UnsafeMutablePointer<UnsafeMutableRawPointer?>
private typealias Size = UnsafeMutablePointer<Int>
private typealias Kind = UnsafeMutablePointer<git_object_t>
private typealias ID = UnsafePointer<git_oid>
private typealias FoundID = UnsafeMutablePointer<git_oid>
private typealias FreeCallback = @convention(c) (Backend?) -> Void
private typealias ReadCallback = @convention(c) (Data?, Size?, Kind?, Backend?, ID?) -> Int32
private typealias ReadPrefixCallback =
    @convention(c) (FoundID?, Data?, Size?, Kind?, Backend?, ID?, Int) -> Int32
private typealias ReadHeaderCallback = @convention(c) (Size?, Kind?, Backend?, ID?) -> Int32
private typealias WriteCallback = @convention(c) (Backend?, ID?, UnsafeRawPointer?, Int, git_object_t) -> Int32
private typealias ExistsCallback = @convention(c) (Backend?, ID?) -> Int32
private typealias FreshenCallback = @convention(c) (Backend?, ID?) -> Int32
private typealias ExistsPrefixCallback = @convention(c) (FoundID?, Backend?, ID?, Int) -> Int32
private typealias ForEachCallback = @convention(c) (Backend?, git_odb_foreach_cb?, UnsafeMutableRawPointer?) -> Int32
