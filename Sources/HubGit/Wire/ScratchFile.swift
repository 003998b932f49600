import Glibc

/// A temporary file that lost its name right after it was made: it cannot be left behind.
///
/// Reads and appends go to explicit offsets, so that it can be shared.
final class ScratchFile: Sendable {
    private let descriptor: Int32

    /// Where it was made, for more like it.
    let folder: String

    /// Makes an empty file in `folder`, which must exist.
    init(in folder: String) throws(GitError) {
        let path = "\(folder)/git-\(UInt64.random(in: .min ... .max))"
        self.folder = folder
        descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("make a file in \(folder)") }
        unlink(path)
    }

    /// Opens a file that is there for good, to be read only.
    init(reading path: String) throws(GitError) {
        folder = ""
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Self.failure("open \(path)") }
    }

    deinit { close(descriptor) }

    var length: Int {
        get throws(GitError) {
            let end = lseek(descriptor, 0, SEEK_END)
            guard end >= 0 else { throw Self.failure("read a file's length") }
            return Int(end)
        }
    }

    func read(_ range: Range<Int>) throws(GitError) -> [UInt8] {
        var problem: GitError?
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            do throws(GitError) {
                let target = UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count])
                try read(into: target, at: range.lowerBound)
                count = range.count
            } catch {
                problem = error
            }
        }
        if let problem { throw problem }
        return bytes
    }

    /// Fills all of `target`.
    func read(into target: UnsafeMutableRawBufferPointer, at offset: Int) throws(GitError) {
        var done = 0
        while done < target.count {
            let got = pread(
                descriptor, target.baseAddress?.advanced(by: done), target.count - done, off_t(offset + done))
            if got < 0 && errno == EINTR { continue }
            guard got > 0 else { throw Self.failure("read a temporary file", got < 0 ? errno : EIO) }
            done += got
        }
    }

    func write(_ bytes: some Collection<UInt8>, at offset: Int) throws(GitError) {
        let bytes = Array(bytes)
        var done = 0
        while done < bytes.count {
            let wrote = bytes.withUnsafeBytes { buffer in
                let rest = UnsafeRawBufferPointer(rebasing: buffer[done...])
                return pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
            if wrote < 0 && errno == EINTR { continue }
            guard wrote > 0 else { throw Self.failure("write a temporary file") }
            done += wrote
        }
    }

    private static func failure(_ what: String, _ code: Int32 = errno) -> GitError {
        guard code != ENOSPC, code != EDQUOT else {
            return GitError(code: .diskFull, message: "the hub's disk is full; try again when there is room")
        }
        return GitError(code: .generic, message: "could not \(what): \(String(cString: strerror(code)))")
    }
}
