import Glibc
import HubCore

/// A file written beside its place, which it takes when it is whole; until then it vanishes with the object.
final class StagedFile {
    /// Its name in the folder.
    let name: String

    private let folder: String
    private let path: String
    private let descriptor: Int32
    private var isPublished = false

    /// Starts an empty file that will become `folder/name`.
    init(_ name: String, in folder: String) throws(HubError) {
        self.name = name
        self.folder = folder
        path = "\(folder)/.\(name).\(UInt64.random(in: .min ... .max)).part"
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.failure("cannot create", path) }
    }

    deinit {
        close(descriptor)
        if !isPublished { unlink(path) }
    }

    func append(_ bytes: [UInt8]) throws(HubError) {
        var done = 0
        while done < bytes.count {
            let written = bytes[done...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw Self.failure("cannot write", path) }
            done += written
        }
    }

    func sync() throws(HubError) {
        guard fsync(descriptor) == 0 else { throw Self.failure("cannot sync", path) }
    }

    /// Moves the file to its place, over whatever has its name.
    func publish() throws(HubError) {
        guard rename(path, "\(folder)/\(name)") == 0 else { throw Self.failure("cannot move", path) }
        isPublished = true
    }

    /// Makes a folder and those above it; one that exists is fine.
    static func makeFolder(_ path: String) throws(HubError) {
        if mkdir(path, 0o755) == 0 { return }
        if errno == ENOENT, let slash = path.dropLast().lastIndex(of: "/"), slash > path.startIndex {
            try makeFolder(String(path[..<slash]))
            if mkdir(path, 0o755) == 0 { return }
        }
        let code = errno
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
            errno = code
            throw failure("cannot make the folder", path)
        }
    }

    /// Makes the names in a folder last.
    static func syncFolder(_ path: String) throws(HubError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("cannot sync", path) }
    }

    private static func failure(_ what: String, _ path: String) -> HubError {
        let code = errno
        return .unavailable("\(what) '\(path)': \(String(cString: strerror(code)))")
    }
}
