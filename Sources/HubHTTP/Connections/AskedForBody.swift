import Hummingbird
import NIOCore

/// A body whose client is told to send it when somebody begins to read.
struct AskedForBody: AsyncSequence, Sendable {
    let base: RequestBody
    let context: HubContext

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var context: HubContext?

        mutating func next() async throws -> ByteBuffer? {
            context?.askForBody()
            context = nil
            return try await base.next()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), context: context) }
}
