import Glibc
import HubCore
import NIOPosix

/// What comes in through standard input, as it comes.
struct StandardInput: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    private static let pieceLength = 256 << 10

    func makeAsyncIterator() -> Iterator { Iterator() }

    struct Iterator: AsyncIteratorProtocol {
        mutating func next() async throws -> [UInt8]? {
            try await next(isolation: nil)
        }

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
            try await NIOThreadPool.singleton.runIfActive { try StandardInput.read() }
        }
    }

    /// Waits for bytes; nil at the end.
    private static func read() throws -> [UInt8]? {
        while true {
            var problem: Int32 = 0
            var got = 0
            let bytes = unsafe [UInt8](unsafeUninitializedCapacity: pieceLength) { buffer, count in
                got = unsafe Glibc.read(STDIN_FILENO, buffer.baseAddress, pieceLength)
                problem = errno
                count = Swift.max(got, 0)
            }
            if got < 0, problem == EINTR { continue }
            guard got >= 0 else { throw HubError.unavailable("standard input cannot be read") }
            return got == 0 ? nil : bytes
        }
    }
}
