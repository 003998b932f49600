package import HubCore

/// A piece of a file as content-defined chunking cuts it: its hash and its length in bytes.
package struct Chunk: Hashable, Sendable {
    package let hash: XetHash
    package let length: Int

    package init(hash: XetHash, length: Int) {
        self.hash = hash
        self.length = length
    }

    /// The shortest length, in bytes, but for the last chunk of a file.
    package static let minimumLength = 8192

    /// The longest length, in bytes.
    package static let maximumLength = 131_072

    /// Asked for, and offered, in global deduplication wherever it stands in a file (specification, section 6).
    package var isDedupAnchor: Bool { hash.lastWord.isMultiple(of: 1024) }
}

/// A run of chunks in one xorb.
package struct ChunkSpan: Hashable, Sendable {
    package let xorb: XetHash

    /// Positions of the chunks in the xorb.
    package let chunks: Range<Int>

    package init(xorb: XetHash, chunks: Range<Int>) {
        self.xorb = xorb
        self.chunks = chunks
    }
}
