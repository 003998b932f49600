import HubCore

/// The eight bytes before each chunk of a xorb (specification, section 4.1).
struct ChunkHeader {
    static let size = 8

    let payload: Int
    let compression: ChunkCompression
    let length: Int

    /// Reads a header from its eight bytes as one little-endian word.
    init(_ word: UInt64) throws(HubError) {
        let version = word & 0xFF
        guard version == 0 else { throw .invalid("a chunk of the xorb has the unknown version \(version)") }
        let scheme = UInt8(word >> 32 & 0xFF)
        guard let compression = ChunkCompression(rawValue: scheme) else {
            throw .invalid("a chunk of the xorb has the unknown compression \(scheme)")
        }
        payload = Int(word >> 8 & 0xFF_FFFF)
        self.compression = compression
        length = Int(word >> 40)
        guard payload > 0, payload <= XorbLimits.payload, length > 0, length <= Chunk.maximumLength else {
            throw .invalid("a chunk of the xorb claims \(length) bytes packed in \(payload); the limit is 131072")
        }
    }

    init(payload: Int, compression: ChunkCompression, length: Int) {
        self.payload = payload
        self.compression = compression
        self.length = length
    }

    func append(to bytes: inout [UInt8]) {
        bytes.append(0)
        bytes.append(littleEndian24: payload)
        bytes.append(compression.rawValue)
        bytes.append(littleEndian24: length)
    }
}
