import CHubKernels
package import HubCore

/// BLAKE3, plain or keyed, on the widest lanes this processor has.
package enum Blake3 {
    /// The instruction set the kernels are asked for.
    static let simd = hub_chunk_simd_best()

    /// Hashes `bytes`; with a key of 32 bytes, in keyed mode.
    package static func hash(_ bytes: UnsafeRawBufferPointer, key: [UInt8]? = nil) -> Digest256 {
        hash(bytes, key: key, simd: simd)
    }

    package static func hash(_ bytes: [UInt8], key: [UInt8]? = nil) -> Digest256 {
        bytes.withUnsafeBytes { hash($0, key: key) }
    }

    /// Hashes each of the pieces that lie one after the other at the start of `bytes`.
    ///
    /// - Parameter lengths: In bytes; their sum must not exceed `bytes`.
    package static func hash(
        pieces lengths: [UInt32], of bytes: UnsafeRawBufferPointer, key: [UInt8]
    ) -> [Digest256] {
        precondition(key.count == Digest256.byteCount && lengths.reduce(0) { $0 + Int($1) } <= bytes.count)
        guard let data = bytes.baseAddress else { return lengths.map { _ in hash([], key: key) } }
        return withUnsafeTemporaryAllocation(byteCount: lengths.count * Digest256.byteCount, alignment: 8) { out in
            guard let address = out.baseAddress else { return [] }
            hub_blake3_pieces(
                simd, key, data.assumingMemoryBound(to: UInt8.self), lengths, lengths.count,
                address.assumingMemoryBound(to: UInt8.self))
            return lengths.indices.map { Digest256(UnsafeRawBufferPointer(out), at: $0 * Digest256.byteCount) }
        }
    }

    static func hash(_ bytes: UnsafeRawBufferPointer, key: [UInt8]?, simd: CInt) -> Digest256 {
        precondition(key.map { $0.count == Digest256.byteCount } ?? true)
        return withUnsafeTemporaryAllocation(byteCount: Digest256.byteCount, alignment: 8) { out in
            let address = out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let data = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            if let key {
                hub_blake3(simd, key, data, bytes.count, address)
            } else {
                hub_blake3(simd, nil, data, bytes.count, address)
            }
            return Digest256(UnsafeRawBufferPointer(out), at: 0)
        }
    }
}

extension Digest256 {
    /// The 32 bytes at `offset`, which must lie inside `bytes`.
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
        func word(_ index: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8 * index, as: UInt64.self))
        }
        self.init(words: (word(0), word(1), word(2), word(3)))
    }
}

extension XetHash {
    init(_ bytes: UnsafeRawBufferPointer, at offset: Int) { self.init(Digest256(bytes, at: offset)) }
}
