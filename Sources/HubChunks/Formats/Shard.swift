package import HubCore

/// What a client says about files and new xorbs (specification, section 5).
package struct Shard: Hashable, Sendable {
    /// A run of a file: chunks of one xorb.
    package struct Term: Hashable, Sendable {
        package let span: ChunkSpan

        /// Uncompressed bytes.
        package let length: Int

        package init(span: ChunkSpan, length: Int) {
            self.span = span
            self.length = length
        }
    }

    package struct File: Hashable, Sendable {
        package let hash: XetHash
        package let terms: [Term]

        /// One hash a term, or none at all.
        package let verification: [XetHash]
        package let digest: ContentDigest?

        package init(hash: XetHash, terms: [Term], verification: [XetHash], digest: ContentDigest?) {
            self.hash = hash
            self.terms = terms
            self.verification = verification
            self.digest = digest
        }

        package var length: Int { terms.reduce(0) { $0 + $1.length } }
    }

    package struct ChunkRecord: Hashable, Sendable {
        package let chunk: Chunk
        package let isDedupEligible: Bool

        package init(chunk: Chunk, isDedupEligible: Bool = false) {
            self.chunk = chunk
            self.isDedupEligible = isDedupEligible
        }
    }

    package struct Xorb: Hashable, Sendable {
        package let hash: XetHash
        package let chunks: [ChunkRecord]

        /// The length of the body; clients send 0.
        package let serializedSize: Int

        package init(hash: XetHash, chunks: [ChunkRecord], serializedSize: Int = 0) {
            self.hash = hash
            self.chunks = chunks
            self.serializedSize = serializedSize
        }

        package var length: Int { chunks.reduce(0) { $0 + $1.chunk.length } }
    }

    package var files: [File]
    package var xorbs: [Xorb]

    package init(files: [File], xorbs: [Xorb]) {
        self.files = files
        self.xorbs = xorbs
    }

    static let recordSize = 48

    /// The largest shard a client sends, in bytes.
    package static let sizeLimit = 64 << 20

    static let tag =
        Array("HFRepoMetaData".utf8) + [
            0, 0x55, 0x69, 0x67, 0x45, 0x6A, 0x7B, 0x81, 0x57, 0x83, 0xA5, 0xBD, 0xD9, 0x5C, 0xCD, 0xD1, 0x4A, 0xA9,
        ]

    enum FileFlags {
        static let verification: UInt32 = 1 << 31
        static let digest: UInt32 = 1 << 30
    }

    static let dedupEligible: UInt32 = 1 << 31
}

extension ContentDigest {
    /// The digest as shards hold it: the bytes reversed in groups of eight.
    var shardBytes: [UInt8] {
        stride(from: 0, to: 32, by: 8).flatMap { bytes[$0..<$0 + 8].reversed() }
    }

    /// Reads ``shardBytes``.
    init?(shardBytes: some Collection<UInt8>) {
        let bytes = Array(shardBytes)
        guard bytes.count == 32 else { return nil }
        self.init(bytes: stride(from: 0, to: 32, by: 8).flatMap { bytes[$0..<$0 + 8].reversed() })
    }
}
