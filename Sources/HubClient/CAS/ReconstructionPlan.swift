package import HubAPI
package import HubCore

/// A hub's answer on how to put a stretch of a file together, checked before anything is fetched.
package struct ReconstructionPlan: Sendable, Equatable {
    /// Bytes of a xorb, by one signed URL, that hold whole chunks.
    package struct Fetch: Sendable, Hashable {
        package var url: String
        package var bytes: Range<Int>
        package var chunks: Range<Int>
    }

    /// Chunks of one fetch, whose decoded bytes come next.
    package struct Term: Sendable, Equatable {
        /// The fetch's place in ``ReconstructionPlan/fetches``.
        package var fetch: Int

        /// Counted from the first chunk of the fetch.
        package var chunks: Range<Int>

        /// In bytes, decoded.
        package var length: Int
    }

    package private(set) var fetches: [Fetch] = []
    package internal(set) var terms: [Term] = []

    /// Decoded bytes of the first term to leave out.
    package let skip: Int

    /// No chunk is longer, decoded; stored it has a header of 8 bytes and may be twice as long.
    private static let chunkLimit = 128 << 10
    private static let storedChunkLimit = 8 + 2 * chunkLimit

    /// The longest xorb (Xet specification, section 4.2).
    private static let xorbLimit = (64 << 20) + (64 << 10)

    /// Reads the answer to a request for `count` bytes; whatever does not fit together is an error.
    package init(_ body: ReconstructionBody, count: Int) throws(HubError) {
        skip = body.offset_into_first_range
        var places: [Fetch: Int] = [:]
        for term in body.terms {
            let fetch = try Self.fetch(for: term, in: body)
            let place = places[fetch] ?? fetches.count
            if place == fetches.count {
                fetches.append(fetch)
                places[fetch] = place
            }
            let first = term.range.start - fetch.chunks.lowerBound
            let chunks = first..<first + (term.range.end - term.range.start)
            guard (chunks.count...chunks.count * Self.chunkLimit).contains(term.unpacked_length) else {
                throw Self.fault("a term of \(chunks.count) chunks has \(term.unpacked_length) bytes")
            }
            terms.append(Term(fetch: place, chunks: chunks, length: term.unpacked_length))
        }
        let length = terms.reduce(0) { $0 + $1.length }
        guard skip >= 0, skip < terms.first?.length ?? 1, length - skip >= count,
            length - skip - count < terms.last?.length ?? 1
        else { throw Self.fault("its terms hold \(length - skip) of \(count) bytes") }
    }

    private static func fetch(
        for term: ReconstructionBody.Term, in body: ReconstructionBody
    ) throws(HubError) -> Fetch {
        guard 0 <= term.range.start, term.range.start < term.range.end, term.range.end <= 1 << 20 else {
            throw fault("a term has chunks \(term.range.start) to \(term.range.end)")
        }
        for entry in body.xorbs[term.hash.string] ?? [] {
            for range in entry.ranges where range.chunks.start <= term.range.start && term.range.end <= range.chunks.end
            {
                let chunks = range.chunks.end - range.chunks.start
                guard 0 <= range.chunks.start, chunks <= 1 << 20, 0 <= range.bytes.start,
                    range.bytes.start <= range.bytes.end, range.bytes.end < xorbLimit,
                    range.bytes.end - range.bytes.start < chunks * storedChunkLimit
                else { throw fault("\(chunks) chunks lie in bytes \(range.bytes.start) to \(range.bytes.end)") }
                return Fetch(
                    url: entry.url, bytes: range.bytes.start..<range.bytes.end + 1,
                    chunks: range.chunks.start..<range.chunks.end)
            }
        }
        throw fault("it does not say where chunk \(term.range.start) of xorb \(term.hash) lies")
    }

    private static func fault(_ what: String) -> HubError {
        .invalid("the hub's plan for a download does not fit together: \(what)")
    }
}
