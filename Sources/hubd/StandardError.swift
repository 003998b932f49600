import Glibc
import Synchronization

/// Standard error as a place for lines, each of them whole.
struct StandardError: TextOutputStream {
    private static let turn = Mutex(())

    /// Writes all of `string`, as far as anybody takes it.
    func write(_ string: String) {
        var string = string
        string.withUTF8 { text in
            Self.turn.withLock { _ in
                var done = 0
                while done < text.count {
                    let wrote = unsafe Glibc.write(
                        STDERR_FILENO, text.baseAddress?.advanced(by: done), text.count - done)
                    if wrote < 0, errno == EINTR { continue }
                    guard wrote > 0 else { return }
                    done += wrote
                }
            }
        }
    }
}
