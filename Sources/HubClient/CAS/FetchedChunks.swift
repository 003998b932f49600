import HubChunks
package import HubCore

/// Chunks as they stand in a xorb, one after the other (Xet specification, section 4.1).
///
/// Their hashes are not known here: what they unpack to is proven by the SHA-256 of the whole file.
package struct FetchedChunks: Sendable {
    private struct Entry {
        var payload: Range<Int>
        var compression: ChunkCompression
        var length: Int
    }

    private static let headerSize = 8

    private let bytes: [UInt8]
    private let entries: [Entry]

    /// Reads the headers of exactly `count` chunks.
    package init(parsing bytes: [UInt8], count: Int) throws(HubError) {
        var entries: [Entry] = []
        var offset = 0
        while offset < bytes.count {
            let entry = try Self.entry(bytes[offset...])
            entries.append(entry)
            offset = entry.payload.upperBound
        }
        guard entries.count == count else {
            throw .invalid("the hub sent \(entries.count) chunks of a xorb; expected \(count)")
        }
        self.bytes = bytes
        self.entries = entries
    }

    private static func entry(_ bytes: ArraySlice<UInt8>) throws(HubError) -> Entry {
        guard bytes.count >= headerSize else { throw .invalid("the hub sent a chunk whose header is cut short") }
        func byte(_ index: Int) -> Int { Int(bytes[bytes.startIndex + index]) }
        func word(_ index: Int) -> Int { byte(index) | byte(index + 1) << 8 | byte(index + 2) << 16 }
        let start = bytes.startIndex + headerSize
        let length = word(5)
        guard byte(0) == 0, let compression = ChunkCompression(rawValue: UInt8(byte(4))),
            (1...Chunk.maximumLength).contains(length), word(1) <= bytes.count - headerSize
        else { throw .invalid("the hub sent a chunk whose header makes no sense") }
        return Entry(payload: start..<start + word(1), compression: compression, length: length)
    }

    /// How many bytes these chunks unpack to.
    package func length(of chunks: Range<Int>) -> Int { entries[chunks].reduce(0) { $0 + $1.length } }

    /// Unpacks `chunks` to the start of `target`, which must have room for them.
    func unpack(_ chunks: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(HubError) {
        var offset = 0
        for entry in entries[chunks] {
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + entry.length])
            let isWhole = unsafe bytes.withUnsafeBytes { bytes in
                unsafe entry.compression.decompress(UnsafeRawBufferPointer(rebasing: bytes[entry.payload]), into: room)
            }
            guard isWhole else { throw .invalid("the hub sent a chunk that cannot be unpacked") }
            offset += entry.length
        }
    }
}

extension ReconstructionPlan {
    /// Puts the bytes of all terms together, from what was fetched for each of ``fetches``.
    package func assemble(_ fetched: [FetchedChunks]) throws -> [UInt8] {
        for term in terms where fetched[term.fetch].length(of: term.chunks) != term.length {
            throw HubError.invalid("the hub sent chunks of another length than it said")
        }
        return try unsafe [UInt8](unsafeUninitializedCapacity: terms.reduce(0) { $0 + $1.length }) { buffer, filled in
            for term in terms {
                let room = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(buffer)[filled..<filled + term.length])
                try unsafe fetched[term.fetch].unpack(term.chunks, into: room)
                filled += term.length
            }
        }
    }

    /// The bytes of one term.
    func assemble(_ term: Term, from fetched: FetchedChunks) throws -> [UInt8] {
        var one = self
        one.terms = [Term(fetch: 0, chunks: term.chunks, length: term.length)]
        return try one.assemble([fetched])
    }
}
