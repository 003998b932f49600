/// The events of a discussion, read as they are asked for.
struct DiscussionEventPages: AsyncSequence, Sendable {
    typealias Element = [DiscussionEvent]
    typealias Failure = any Error

    /// The events behind a place, and the place behind them.
    let read: @Sendable (_ place: Int64) async throws -> (events: [DiscussionEvent], next: Int64)?

    struct AsyncIterator: AsyncIteratorProtocol {
        let read: @Sendable (Int64) async throws -> (events: [DiscussionEvent], next: Int64)?
        var place: Int64 = 0

        mutating func next() async throws -> [DiscussionEvent]? {
            guard let page = try await read(place) else { return nil }
            place = page.next
            return page.events
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(read: read) }
}
