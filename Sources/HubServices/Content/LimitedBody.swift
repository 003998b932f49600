import HubCore

/// A body that ends with ``HubError/tooLarge(_:)`` as soon as it is longer than announced.
struct LimitedBody<Base: AsyncSequence<[UInt8], any Error> & Sendable>: AsyncSequence, Sendable {
    let base: Base

    /// The most bytes that may come.
    let limit: Int

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: Base.AsyncIterator
        var left: Int
        let limit: Int

        mutating func next(isolation actor: isolated (any Actor)?) async throws(any Error) -> [UInt8]? {
            guard let piece = try await base.next(isolation: actor) else { return nil }
            left -= piece.count
            guard left >= 0 else { throw HubError.tooLarge("more bytes were sent than the \(limit) announced") }
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(base: base.makeAsyncIterator(), left: limit, limit: limit)
    }
}
