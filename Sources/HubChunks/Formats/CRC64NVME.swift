/// The CRC-64/NVME checksum, which Xet upload grants carry.
package enum CRC64NVME {
    package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt64 {
        ~bytes.reduce(UInt64.max) { state, byte in
            (state >> 8) ^ table[Int(UInt8(truncatingIfNeeded: state) ^ byte)]
        }
    }

    private static let table: [UInt64] = (0..<256).map { index in
        (0..<8).reduce(UInt64(index)) { word, _ in (word >> 1) ^ (word & 1 == 1 ? 0x9A6C_9329_AC4B_C9B5 : 0) }
    }
}
