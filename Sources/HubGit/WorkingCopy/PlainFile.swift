import Foundation
import HubCore

/// An open file of the working copy, read or written from its start to its end.
final class PlainFile {
    private let path: String
    private let descriptor: Int32

    /// One read is this long: large enough that system calls do not count, small enough for the cache.
    private static let pieceSize = 1 << 20

    init(reading path: String) throws {
        self.path = path
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("read", path) }
    }

    init(creating path: String, mode: mode_t) throws {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw Self.failure("write", path) }
    }

    deinit { close(descriptor) }

    func forEachPiece(_ body: (UnsafeRawBufferPointer) throws -> Void) throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 64)
        defer { buffer.deallocate() }
        while true {
            let count = Foundation.read(descriptor, buffer.baseAddress, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("read", path) }
            guard count > 0 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        var done = 0
        while done < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Self.failure("write", path) }
            done += count
        }
    }

    /// Makes this empty file share all blocks of `other`; false, and still empty, where the file system cannot.
    func sharesBlocks(with other: PlainFile) -> Bool {
        let cloneFile: UInt = 0x4004_9409  // FICLONE of linux/fs.h, a macro that Swift does not import
        return ioctl(descriptor, cloneFile, other.descriptor) == 0
    }

    /// Fills this empty file with the content of `other`, sharing blocks where the file system can.
    func clone(_ other: PlainFile) throws {
        guard !sharesBlocks(with: other) else { return }
        try other.forEachPiece { try append($0) }
    }

    /// Sets the time of the last change one second back.
    func setBack() throws {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { throw Self.failure("write", path) }
        now.tv_sec -= 1
        let times = [now, now]
        guard futimens(descriptor, times) == 0 else { throw Self.failure("write", path) }
    }

    static func move(_ path: String, to place: String) throws {
        guard rename(path, place) == 0 else { throw failure("move", path) }
    }

    static func failure(_ what: String, _ path: String) -> HubError {
        let code = errno
        let sentence = "cannot \(what) \(path): \(String(cString: strerror(code)))"
        return switch code {
        case ENOENT: .notFound(sentence)
        case EACCES, EPERM: .forbidden(sentence)
        case ENOSPC, EDQUOT, EIO: .unavailable(sentence)
        default: .invalid(sentence)
        }
    }
}

/// What `lstat` says of a file.
struct FileStat {
    let raw: stat

    /// Nil if there is no such file.
    init?(of path: String) {
        var raw = stat()
        guard lstat(path, &raw) == 0 else { return nil }
        self.raw = raw
    }

    var size: Int { Int(raw.st_size) }
    var isRegular: Bool { raw.st_mode & S_IFMT == S_IFREG }
    var isExecutable: Bool { raw.st_mode & 0o100 != 0 }
}
