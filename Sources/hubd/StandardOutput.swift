import Glibc
import HubCore
import NIOPosix

/// Pushes out what `print` has buffered, for whoever reads our output through a pipe.
func standardOutputFlush() { fflush(nil) }

/// Standard output as a way for bytes.
enum StandardOutput {
    /// Writes all of `bytes`, waiting for whoever reads them.
    static func write(_ bytes: [UInt8]) async throws {
        try await NIOThreadPool.singleton.runIfActive {
            var done = 0
            while done < bytes.count {
                let start = done
                let wrote = unsafe bytes.withUnsafeBytes { buffer in
                    unsafe Glibc.write(STDOUT_FILENO, buffer.baseAddress?.advanced(by: start), buffer.count - start)
                }
                if wrote < 0, errno == EINTR { continue }
                guard wrote > 0 else { throw HubError.unavailable("the client has gone") }
                done += wrote
            }
        }
    }
}

/// Prints what may hold text of others: nothing in it can command the terminal.
func print(_ text: some CustomStringConvertible) { Swift.print(text.description.safeForTerminal) }
