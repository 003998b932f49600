import CHubKernels

/// How a chunk's bytes stand in a xorb (specification, section 4.1).
package enum ChunkCompression: UInt8, Sendable {
    case none = 0
    case lz4 = 1

    /// Bytes sorted by their place modulo four, then LZ4: for weights.
    case groupedLZ4 = 2

    /// The payload for `bytes`, or nil when it would not be strictly smaller.
    package func compress(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        switch self {
        case .none: nil
        case .lz4: LZ4Frame.compress(bytes, shorterThan: bytes.count)
        case .groupedLZ4:
            Self.grouped(bytes).withUnsafeBytes { LZ4Frame.compress($0, shorterThan: bytes.count) }
        }
    }

    /// Writes the bytes of a payload; false when they do not fill `destination` exactly.
    package func decompress(_ payload: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) -> Bool
    {
        switch self {
        case .none:
            guard payload.count == destination.count else { return false }
            destination.copyMemory(from: payload)
            return true
        case .lz4: return LZ4Frame.decompress(payload, into: destination)
        case .groupedLZ4:
            return withUnsafeTemporaryAllocation(byteCount: destination.count, alignment: 16) { groups in
                guard LZ4Frame.decompress(payload, into: groups) else { return false }
                Self.ungroup(UnsafeRawBufferPointer(groups), into: destination)
                return true
            }
        }
    }

    /// What packs `bytes` best, by trying.
    package static func best(for bytes: UnsafeRawBufferPointer) -> ChunkCompression {
        let sizes = [lz4, groupedLZ4].map { (compression: $0, size: $0.compress(bytes)?.count ?? bytes.count) }
        let smallest = sizes.min { $0.size < $1.size }
        return smallest.map { $0.size < bytes.count ? $0.compression : .lz4 } ?? .lz4
    }

    static func grouped(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: bytes.count) { buffer, count in
            hub_bytes_group4(bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), buffer.baseAddress, bytes.count)
            count = bytes.count
        }
    }

    static func ungroup(_ groups: UnsafeRawBufferPointer, into destination: UnsafeMutableRawBufferPointer) {
        precondition(groups.count == destination.count)
        hub_bytes_ungroup4(
            groups.baseAddress?.assumingMemoryBound(to: UInt8.self),
            destination.baseAddress?.assumingMemoryBound(to: UInt8.self), groups.count)
    }
}
