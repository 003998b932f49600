package import HubCore

/// How a range of a file is put together from xorbs (specification, section 8).
package struct Reconstruction: Hashable, Sendable {
    package struct Term: Hashable, Sendable {
        package let span: ChunkSpan

        /// Uncompressed bytes.
        package let length: Int
    }

    /// A part of a xorb's body to fetch.
    package struct Fetch: Hashable, Sendable {
        package let chunks: Range<Int>

        /// Over the serialized body, chunk headers included.
        package let bytes: Range<Int>
    }

    /// Bytes to skip at the start of the first term.
    package let offsetIntoFirstRange: Int

    /// In file order; the first and last are trimmed to whole chunks.
    package let terms: [Term]

    /// By xorb, ascending; each term lies inside one of its xorb's fetches.
    package let fetches: [XetHash: [Fetch]]
}

extension ContentStore {
    /// Tells how to put together `range` of a file, or all of it; whether the caller may is not asked here.
    ///
    /// A range that ends past the file is clipped; one that begins there is
    /// ``HubError/rangeNotSatisfiable(size:)``.
    package func reconstruction(of digest: ContentDigest, range: Range<Int>? = nil) async throws -> Reconstruction {
        let reader = try await open(digest)
        let wanted = try Self.clip(range ?? 0..<reader.count, to: reader.count)
        let xorbs = XorbCache(database: database)
        var builder = ReconstructionBuilder(wanted: wanted)
        for term in reader.terms {
            guard builder.position < wanted.upperBound else { break }
            guard builder.position + term.length > wanted.lowerBound else {
                builder.position += term.length
                continue
            }
            try builder.add(term, in: try await xorbs.xorb(term.xorb).layout)
        }
        return builder.build()
    }

    private static func clip(_ range: Range<Int>, to size: Int) throws(HubError) -> Range<Int> {
        guard range.lowerBound >= 0, range.lowerBound < size || range.isEmpty && size == 0 else {
            throw .rangeNotSatisfiable(size: size)
        }
        return range.clamped(to: 0..<size)
    }
}

private struct ReconstructionBuilder {
    let wanted: Range<Int>

    /// Where the next term begins in the file.
    var position = 0
    private var offset: Int?
    private var terms: [Reconstruction.Term] = []
    private var chunks: [XetHash: [Range<Int>]] = [:]
    private var layouts: [XetHash: [Range<Int>: Range<Int>]] = [:]

    init(wanted: Range<Int>) { self.wanted = wanted }

    mutating func add(_ term: StoredTerm, in layout: XorbLayout) throws {
        guard term.chunks.upperBound <= layout.entries.count else {
            throw DamagedContent("a recipe names chunks that xorb \(layout.hash) does not have")
        }
        var first: Int?
        var end = term.chunks.lowerBound
        var length = 0
        for index in term.chunks {
            let next = position + layout.entries[index].chunk.length
            if next > wanted.lowerBound, position < wanted.upperBound {
                if first == nil {
                    first = index
                    if offset == nil { offset = max(0, wanted.lowerBound - position) }
                }
                length += next - position
                end = index + 1
            }
            position = next
        }
        guard let first else { return }
        let span = ChunkSpan(xorb: layout.hash, chunks: first..<end)
        terms.append(Reconstruction.Term(span: span, length: length))
        chunks[layout.hash, default: []].append(span.chunks)
        layouts[layout.hash, default: [:]][span.chunks] = layout.byteRange(of: span.chunks)
    }

    func build() -> Reconstruction {
        let fetches = chunks.map { xorb, spans -> (XetHash, [Reconstruction.Fetch]) in
            let bytes = layouts[xorb, default: [:]]
            let merged = ChunkRanges(spans).ranges.map { range -> Reconstruction.Fetch in
                let parts = bytes.filter { range.contains($0.key.lowerBound) }.values
                let start = parts.map(\.lowerBound).min() ?? 0
                let end = parts.map(\.upperBound).max() ?? 0
                return Reconstruction.Fetch(chunks: range, bytes: start..<end)
            }
            return (xorb, merged)
        }
        return Reconstruction(
            offsetIntoFirstRange: offset ?? 0, terms: terms, fetches: Dictionary(uniqueKeysWithValues: fetches))
    }
}
