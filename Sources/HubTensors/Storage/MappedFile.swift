import Glibc
package import HubCore

/// A local file, open for reading and mapped into memory.
///
/// `read` copies with `pread`, so that a stream over a large file leaves no trace in the process's own
/// memory and a file cut short by somebody else is an error; ``withUnsafeBytes(_:)`` hands out the mapping
/// itself, for weights that are used where they lie. File and mapping live as long as the object.
package final class MappedFile: ByteReader, @unchecked Sendable {
    // Unchecked for `base` alone, a pointer: it and the read-only pages behind it never change after init.
    private let base: UnsafeRawPointer?
    private let descriptor: Int32

    package let count: Int

    /// Opens the regular file at `path`.
    package init(path: String) throws(HubError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("cannot open", path) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .invalid("'\(path)' is not a regular file")
        }
        let count = Int(status.st_size)
        var base: UnsafeRawPointer?
        if count > 0 {
            let mapping = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0)
            guard let mapping, mapping != MAP_FAILED else {
                let error = Self.failure("cannot map", path)
                close(descriptor)
                throw error
            }
            base = UnsafeRawPointer(mapping)
        }
        self.base = base
        self.descriptor = descriptor
        self.count = count
    }

    deinit {
        if let base { munmap(UnsafeMutableRawPointer(mutating: base), count) }
        close(descriptor)
    }

    package func read(_ range: Range<Int>) throws -> [UInt8] {
        try checkBounds(range)
        return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
            try fill(UnsafeMutableRawBufferPointer(buffer), from: range)
            initialized = range.count
        }
    }

    private func fill(_ buffer: UnsafeMutableRawBufferPointer, from range: Range<Int>) throws(HubError) {
        guard let start = buffer.baseAddress else { return }
        var done = 0
        while done < range.count {
            let got = pread(descriptor, start + done, range.count - done, off_t(range.lowerBound + done))
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw .unavailable("reading the file failed: \(String(cString: strerror(errno)))") }
            guard got > 0 else { throw .unavailable("the file was cut short while it was read") }
            done += got
        }
    }

    /// Lends the whole file's bytes; the pointer must not leave `body`.
    package func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(start: base, count: count))
    }

    private static func failure(_ what: String, _ path: String) -> HubError {
        let code = errno
        let message = "\(what) '\(path)': \(String(cString: strerror(code)))"
        return code == ENOENT ? .notFound(message) : .unavailable(message)
    }
}
