package import HubCore

/// The keyed hashes of the Xet protocol (specification, section 2).
package enum XetHasher {
    /// The hash of one chunk's uncompressed bytes.
    package static func chunk(_ bytes: UnsafeRawBufferPointer) -> XetHash {
        XetHash(Blake3.hash(bytes, key: dataKey))
    }

    package static func chunk(_ bytes: [UInt8]) -> XetHash { bytes.withUnsafeBytes { chunk($0) } }

    /// The hashes of chunks that lie one after the other at the start of `bytes`.
    package static func chunks(_ lengths: [UInt32], of bytes: UnsafeRawBufferPointer) -> [Chunk] {
        zip(Blake3.hash(pieces: lengths, of: bytes, key: dataKey), lengths).map { digest, length in
            Chunk(hash: XetHash(digest), length: Int(length))
        }
    }

    /// The hash of a shard's file, which names it in a client's cache.
    package static func shard(_ bytes: [UInt8]) -> XetHash { chunk(bytes) }

    /// The verification hash of a term: over the hashes of the chunks it names, in order.
    package static func verification(_ chunks: some Sequence<XetHash>) -> XetHash {
        XetHash(Blake3.hash(chunks.flatMap(\.bytes), key: verificationKey))
    }

    /// A chunk's hash as it stands in a deduplication answer with this key of 32 bytes.
    package static func dedup(_ chunk: XetHash, key: [UInt8]) -> XetHash {
        XetHash(Blake3.hash(chunk.bytes, key: key))
    }

    static let dataKey: [UInt8] = [
        102, 151, 245, 119, 91, 149, 80, 222, 49, 53, 203, 172, 165, 151, 24, 28, 157, 228, 33, 16, 155, 235, 43, 88,
        180, 208, 176, 75, 147, 173, 242, 41,
    ]

    static let nodeKey: [UInt8] = [
        1, 126, 197, 199, 165, 71, 41, 150, 253, 148, 102, 102, 180, 138, 2, 230, 93, 221, 83, 111, 55, 199, 109, 210,
        248, 99, 82, 230, 74, 83, 113, 63,
    ]

    static let verificationKey: [UInt8] = [
        127, 24, 87, 214, 206, 86, 237, 102, 18, 127, 249, 19, 231, 165, 195, 243, 164, 205, 38, 213, 181, 219, 73,
        230, 65, 36, 152, 127, 40, 251, 148, 195,
    ]
}
