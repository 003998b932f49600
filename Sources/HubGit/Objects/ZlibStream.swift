import CLibgit2

/// What zlib works with while a stream comes or goes in pieces.
final class ZlibStream {
    let pointer: UnsafeMutablePointer<z_stream>
    private let end: (UnsafeMutablePointer<z_stream>) -> Int32

    /// - Parameters:
    ///   - start: One of zlib's ways to begin.
    ///   - end: What frees what that took.
    init(
        _ start: (UnsafeMutablePointer<z_stream>) -> Int32,
        end: @escaping (UnsafeMutablePointer<z_stream>) -> Int32
    ) throws(GitError) {
        pointer = .allocate(capacity: 1)
        pointer.initialize(to: z_stream())
        self.end = end
        guard start(pointer) == Z_OK else {
            // All is set by now, so deinit frees the memory; ending what did not start does nothing.
            throw GitError(code: .generic, message: "zlib did not start")
        }
    }

    deinit {
        _ = end(pointer)
        pointer.deallocate()
    }
}
