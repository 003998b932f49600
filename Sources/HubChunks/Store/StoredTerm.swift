import HubCore

/// A run of a file as the store keeps it: chunks of one xorb.
struct StoredTerm: Hashable, Sendable {
    let xorb: Int64
    var chunks: Range<Int>

    /// Uncompressed bytes.
    var length: Int

    private static let size = 20

    /// The form in which a content's recipe is kept.
    static func encode(_ terms: [StoredTerm]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(terms.count * size)
        for term in terms {
            bytes.append(littleEndian: term.xorb)
            bytes.append(littleEndian: UInt32(term.chunks.lowerBound))
            bytes.append(littleEndian: UInt32(term.chunks.upperBound))
            bytes.append(littleEndian: UInt32(term.length))
        }
        return bytes
    }

    /// Reads ``encode(_:)``.
    static func decode(_ bytes: [UInt8], of digest: ContentDigest) throws(DamagedContent) -> [StoredTerm] {
        let terms = bytes.withUnsafeBytes { bytes -> [StoredTerm]? in
            guard bytes.count.isMultiple(of: size) else { return nil }
            var terms: [StoredTerm] = []
            for offset in stride(from: 0, to: bytes.count, by: size) {
                func word(_ at: Int) -> Int { Int(bytes.load(littleEndian: UInt32.self, at: offset + at)) }
                guard word(8) < word(12) else { return nil }
                let xorb = bytes.load(littleEndian: Int64.self, at: offset)
                terms.append(StoredTerm(xorb: xorb, chunks: word(8)..<word(12), length: word(16)))
            }
            return terms
        }
        guard let terms else { throw DamagedContent("the recipe of \(digest) is damaged") }
        return terms
    }

    /// The parts of each xorb the terms name, merged where they overlap or touch.
    static func spans(of terms: [StoredTerm]) -> [Int64: [Range<Int>]] {
        Dictionary(grouping: terms, by: \.xorb).mapValues { terms in ChunkRanges(terms.map(\.chunks)).ranges }
    }
}

/// A set of chunk positions, as ranges that neither overlap nor touch, ascending.
struct ChunkRanges: Hashable, Sendable {
    private(set) var ranges: [Range<Int>] = []

    init(_ ranges: some Sequence<Range<Int>> = []) {
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = self.ranges.last, range.lowerBound <= last.upperBound {
                self.ranges[self.ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
            } else {
                self.ranges.append(range)
            }
        }
    }

    func contains(_ chunks: Range<Int>) -> Bool {
        ranges.contains { $0.lowerBound <= chunks.lowerBound && chunks.upperBound <= $0.upperBound }
    }

    func contains(_ chunk: Int) -> Bool { ranges.contains { $0.contains(chunk) } }

    func union(_ other: [Range<Int>]) -> ChunkRanges { ChunkRanges(ranges + other) }
}
