import CHubKernels
import HubCore

/// Chooses the cuts of one file from the places where its gear hash matches (specification, section 1).
package struct CutFinder: Sendable {
    /// Where the chunk that is still open begins.
    package private(set) var start: Int

    package init(start: Int = 0) { self.start = start }

    /// Takes the matches up to `end`, in offsets of the file, and appends the lengths of the chunks they complete.
    package mutating func take(matches: some Sequence<Int>, upTo end: Int, into lengths: inout [UInt32]) {
        for match in matches {
            cutLongChunks(before: match, into: &lengths)
            guard match - start >= Chunk.minimumLength else { continue }
            cut(at: match, into: &lengths)
        }
        cutLongChunks(before: end + 1, into: &lengths)
    }

    /// Completes the last chunk, however short.
    package mutating func finish(at end: Int, into lengths: inout [UInt32]) {
        if end > start { cut(at: end, into: &lengths) }
    }

    private mutating func cutLongChunks(before position: Int, into lengths: inout [UInt32]) {
        while position - start > Chunk.maximumLength { cut(at: start + Chunk.maximumLength, into: &lengths) }
    }

    private mutating func cut(at position: Int, into lengths: inout [UInt32]) {
        lengths.append(UInt32(position - start))
        start = position
    }
}

/// Chunks whose bytes lie one after the other.
package struct ChunkBatch: Sendable {
    package let bytes: [UInt8]

    /// In the order of the bytes; their lengths add up to `bytes`.
    package let chunks: [Chunk]

    package init(bytes: [UInt8], chunks: [Chunk]) {
        self.bytes = bytes
        self.chunks = chunks
    }

    package var isEmpty: Bool { chunks.isEmpty }
}

/// Cuts a stream of bytes into chunks and hashes them; how the stream is cut into reads changes nothing.
///
/// Holds at most the open chunk (128 KiB) and what the caller appends at once.
package struct GearChunker: Sendable {
    private var buffer: [UInt8] = []

    /// How much of the buffer has been looked at.
    private var scanned = 0
    private var cuts = CutFinder()
    private let scan: GearScan

    package init() { self.init(scan: .best) }

    init(scan: GearScan) { self.scan = scan }

    /// Takes the next bytes and returns the chunks they complete.
    package mutating func append(_ bytes: [UInt8]) -> ChunkBatch {
        buffer += bytes
        let start = scanned
        let matches = buffer.withUnsafeBytes { scan.matches(in: $0, range: start..<$0.count) }
        scanned = buffer.count
        var lengths: [UInt32] = []
        cuts.take(matches: matches, upTo: scanned, into: &lengths)
        return takeBatch(lengths)
    }

    /// Ends the stream and returns its last chunk, if it did not end on a cut.
    package mutating func finish() -> ChunkBatch {
        var lengths: [UInt32] = []
        cuts.finish(at: buffer.count, into: &lengths)
        return takeBatch(lengths)
    }

    /// Hashes the chunks at the start of the buffer and keeps what follows them.
    private mutating func takeBatch(_ lengths: [UInt32]) -> ChunkBatch {
        guard !lengths.isEmpty else { return ChunkBatch(bytes: [], chunks: []) }
        let chunks = buffer.withUnsafeBytes { XetHasher.chunks(lengths, of: $0) }
        let end = cuts.start
        let rest = Array(buffer[end...])
        buffer.removeSubrange(end...)
        defer {
            buffer = rest
            scanned = rest.count
            cuts = CutFinder()
        }
        return ChunkBatch(bytes: buffer, chunks: chunks)
    }
}

/// Which kernel finds the matches.
struct GearScan: Sendable {
    private let kernel: @Sendable (UnsafePointer<UInt8>?, Int, Int, UnsafeMutablePointer<UInt32>?) -> Int

    static let best = GearScan { hub_gear_scan(Blake3.simd, $0, $1, $2, $3) }
    static let portable = GearScan { hub_gear_scan_portable($0, $1, $2, $3) }

    /// The offsets in `bytes`, one past each matching byte of `range`, ascending.
    ///
    /// Bytes of `bytes` before `range` are the history of the hash.
    func matches(in bytes: UnsafeRawBufferPointer, range: Range<Int>) -> [Int] {
        guard let address = bytes.baseAddress, !range.isEmpty else { return [] }
        precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count && range.count <= UInt32.max)
        return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: range.count) { found in
            let start = address.assumingMemoryBound(to: UInt8.self) + range.lowerBound
            let count = kernel(start, range.count, range.lowerBound, found.baseAddress)
            return found.prefix(count).map { range.lowerBound + Int($0) }
        }
    }
}
