import Foundation
import HubCore

/// An open file, read and written at places, so that several tasks can share it.
package final class LocalFile: Sendable {
    package enum Purpose: Sendable {
        case reading
        /// Made if absent, kept if there.
        case writing
    }

    let path: String
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    package static func open(
        _ path: String, for purpose: Purpose, mode: UInt32 = 0o666
    ) throws -> LocalFile {
        let flags = purpose == .reading ? O_RDONLY : O_RDWR | O_CREAT
        let descriptor = unsafe Foundation.open(path, flags | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw failure("open", path) }
        return LocalFile(path: path, descriptor: descriptor)
    }

    /// The length in bytes now.
    func size() throws -> Int {
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0 else { throw Self.failure("read", path) }
        return Int(end)
    }

    /// Reads the `count` bytes at `offset`; fewer only where the file ends.
    func read(at offset: Int, count: Int) throws -> [UInt8] {
        try unsafe [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = unsafe pread(
                    descriptor, buffer.baseAddress?.advanced(by: filled), count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                guard got >= 0 else { throw Self.failure("read", path) }
                guard got > 0 else { break }
                filled += got
            }
        }
    }

    func readAll(limit: Int) throws -> [UInt8] {
        let size = try size()
        guard size <= limit else { throw HubError.tooLarge("\(path) is longer than \(limit >> 10) KiB") }
        return try read(at: 0, count: size)
    }

    func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws {
        try unsafe bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count {
                let put = unsafe pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: done), buffer.count - done, off_t(offset + done))
                if put < 0, errno == EINTR { continue }
                guard put >= 0 else { throw Self.failure("write", path) }
                done += put
            }
        }
    }

    /// Keeps other processes that ask from using the file until it is closed; false if another one has it.
    func lock() throws -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        guard errno == EWOULDBLOCK else { throw Self.failure("lock", path) }
        return false
    }

    /// Cuts the file, or lengthens it with zeros.
    func truncate(to size: Int) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw Self.failure("write", path) }
    }

    /// Returns when the bytes rest on the disk.
    func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure("write", path) }
    }

    /// Gives the file another name in place of whatever had it, and makes that last.
    func move(to destination: String) throws {
        guard unsafe rename(path, destination) == 0 else { throw Self.failure("rename", path) }
        let folder = destination.lastIndex(of: "/").map { String(destination[..<$0]) } ?? "."
        try LocalFile.open(folder.isEmpty ? "/" : folder, for: .reading).synchronize()
    }

    /// Writes `bytes` beside `path`, then moves them there.
    static func replace(_ path: String, with bytes: [UInt8], mode: mode_t) throws {
        let file = try open("\(path).\(UInt32.random(in: 0 ... .max)).new", for: .writing, mode: mode)
        do {
            try file.write(bytes[...], at: 0)
            try file.synchronize()
            try file.move(to: path)
        } catch {
            unsafe unlink(file.path)
            throw error
        }
    }

    static func remove(_ path: String) throws {
        guard unsafe unlink(path) == 0 || errno == ENOENT else { throw failure("remove", path) }
    }

    private static func failure(_ what: String, _ path: String) -> HubError {
        let code = errno
        let reason = unsafe String(cString: strerror(code))
        let sentence = "cannot \(what) \(path): \(reason)"
        return switch code {
        case ENOENT: .notFound(sentence)
        case EACCES, EPERM: .forbidden(sentence)
        case ENOSPC, EDQUOT, EIO: .unavailable(sentence)
        default: .invalid(sentence)
        }
    }
}
