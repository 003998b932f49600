import Foundation
import HubCore

/// An open file, closed when its owner goes.
package struct FileDescriptor: ~Copyable, Sendable {
    private let descriptor: CInt
    private let path: String

    private init(_ descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Opens an existing file, or folder, for reading.
    package init(reading path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw FileError("open", path) }
        self.init(descriptor, path: path)
    }

    /// Creates a file only its owner can read; one that exists is an error.
    package init(creating path: String) throws {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw FileError("create", path) }
        self.init(descriptor, path: path)
    }

    package func size() throws -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileError("stat", path) }
        return Int(status.st_size)
    }

    /// Writes all of `bytes` at the current position.
    package func write(_ bytes: UnsafeRawBufferPointer) throws {
        var written = 0
        while written < bytes.count {
            let count = Foundation.write(descriptor, bytes.baseAddress.map { $0 + written }, bytes.count - written)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw FileError("write", path) }
            written += count
        }
    }

    /// Fills `buffer` from `offset` on and returns how many bytes there were before the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
        var done = 0
        while done < buffer.count {
            let count = pread(
                descriptor, buffer.baseAddress.map { $0 + done }, buffer.count - done, off_t(offset + done))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileError("read", path) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    package func truncate(to size: Int) throws {
        guard ftruncate(descriptor, off_t(size)) == 0 else { throw FileError("truncate", path) }
    }

    /// Waits until the disk has it.
    package func synchronize() throws {
        guard fsync(descriptor) == 0 else { throw FileError("sync", path) }
    }
}

/// What the operating system refused.
package struct FileError: Error, Equatable, CustomStringConvertible {
    package let code: CInt
    package let description: String

    /// Takes the code from `errno`.
    init(_ what: String, _ path: String) {
        code = errno
        description = "cannot \(what) \(path): \(String(cString: strerror(code)))"
    }

    package var isAbsence: Bool { code == ENOENT }

    /// The disk, or what this user may use of it, is full.
    package var isFull: Bool { code == ENOSPC || code == EDQUOT }
}

/// Runs `body` and turns a full disk into the error a client can act on.
package func reportingFullDisk<Result>(_ body: () throws -> Result) throws -> Result {
    do {
        return try body()
    } catch let error as FileError where error.isFull {
        throw HubError.unavailable("the hub's disk is full; try again when there is room")
    }
}
