package import HubCore
import HubDatabase

/// A stored file, readable at any place.
///
/// A read fetches the chunks it touches and no others, and verifies each: bytes that rotted are
/// ``DamagedContent``, never an answer.
package struct ContentReader: ByteReader {
    package let content: StoredContent
    let terms: [StoredTerm]

    /// Where each term ends in the file.
    private let ends: [Int]
    private let xorbs: XorbCache
    private let backend: any BlobBackend

    /// A step of a read: few enough chunks to hold in memory (at most 2 MiB).
    private static let chunksAtOnce = 16

    init(_ content: StoredContent, terms: [StoredTerm], xorbs: XorbCache, backend: any BlobBackend) {
        self.content = content
        self.terms = terms
        self.xorbs = xorbs
        self.backend = backend
        var end = 0
        ends = terms.map { term in
            end += term.length
            return end
        }
    }

    package var count: Int { content.size }

    package func read(_ range: Range<Int>) async throws -> [UInt8] {
        try checkBounds(range)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        try await stream(range) { bytes += $0 }
        return bytes
    }

    /// Hands over the bytes of `range` in order, in pieces of at most 2 MiB that end where chunks do.
    ///
    /// Cheaper than many reads: no chunk is unpacked twice.
    package func stream(_ range: Range<Int>, _ body: ([UInt8]) async throws -> Void) async throws {
        try checkBounds(range)
        guard !range.isEmpty else { return }
        var index = ends.partitionIndex { $0 > range.lowerBound }
        while index < terms.count, ends[index] - terms[index].length < range.upperBound {
            let start = ends[index] - terms[index].length
            try await stream(terms[index], startingAt: start, range, body)
            index += 1
        }
    }

    private func stream(
        _ term: StoredTerm, startingAt termStart: Int, _ range: Range<Int>, _ body: ([UInt8]) async throws -> Void
    ) async throws {
        let xorb = try await xorbs.xorb(term.xorb)
        guard term.chunks.upperBound <= xorb.layout.entries.count, xorb.layout.length(of: term.chunks) == term.length
        else { throw DamagedContent("the recipe of \(content.digest) does not fit xorb \(xorb.layout.hash)") }
        var chunk = term.chunks.lowerBound
        var offset = termStart
        while chunk < term.chunks.upperBound, offset < range.upperBound {
            let length = xorb.layout.entries[chunk].chunk.length
            guard offset + length > range.lowerBound else {
                offset += length
                chunk += 1
                continue
            }
            var end = chunk
            var bytesEnd = offset
            while end < min(term.chunks.upperBound, chunk + Self.chunksAtOnce), bytesEnd < range.upperBound {
                bytesEnd += xorb.layout.entries[end].chunk.length
                end += 1
            }
            let packed = try await backend.read(xorb.blob, xorb.layout.byteRange(of: chunk..<end))
            let bytes = try xorb.layout.unpack(chunk..<end, from: packed)
            let wanted = range.clamped(to: offset..<bytesEnd)
            let isWhole = wanted.count == bytes.count
            try await body(isWhole ? bytes : Array(bytes[wanted.lowerBound - offset..<wanted.upperBound - offset]))
            chunk = end
            offset = bytesEnd
        }
    }
}

extension ContentStore {
    /// Opens a file for reading; whether the caller may is not asked here.
    package func open(_ digest: ContentDigest) async throws -> ContentReader {
        let row = try await database.read { connection in
            try connection.queryOne(
                "SELECT digest, size, file_hash, terms FROM chunk_content WHERE digest = ?", [digest])
        }
        guard let row else { throw HubError.notFound("the hub has no content \(digest)") }
        let terms = try StoredTerm.decode(try row.blob(3), of: digest)
        let content = try StoredContent(row)
        guard terms.reduce(0, { $0 + $1.length }) == content.size else {
            throw DamagedContent("the recipe of \(digest) does not add up to \(content.size) bytes")
        }
        return ContentReader(content, terms: terms, xorbs: XorbCache(database: database), backend: backend)
    }
}
