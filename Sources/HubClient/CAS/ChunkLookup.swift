package import HubCore

/// Where a chunk lies: the `index`-th of a xorb.
package struct ChunkLocation: Hashable, Sendable {
    package var xorb: XetHash
    package var index: Int

    package init(xorb: XetHash, index: Int) {
        self.xorb = xorb
        self.index = index
    }
}

/// The bodies of `POST {cas}/v1/chunks/lookup`.
package enum ChunkLookup {
    /// How many chunks one request may ask for.
    package static let batchSize = 8192

    /// Bytes of the answer for each chunk: the xorb's hash, zeros for "unknown", and the index in it.
    package static let answerSize = 36

    /// The raw hashes one after the other.
    package static func request(_ hashes: some Collection<XetHash>) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(hashes.count * Digest256.byteCount)
        for hash in hashes { bytes += hash.bytes }
        return bytes
    }

    /// What the hub answered about `count` chunks, in the order asked; nil for a chunk it lacks.
    package static func parse(_ answer: [UInt8], count: Int) throws(HubError) -> [ChunkLocation?] {
        guard answer.count == count * answerSize else {
            throw .invalid(
                "the hub answered \(answer.count) bytes about \(count) chunks; expected \(count * answerSize)")
        }
        return (0..<count).map { entry in
            let start = entry * answerSize
            guard let xorb = XetHash(bytes: answer[start..<start + 32]), xorb != .zero else { return nil }
            let index = answer[start + 32..<start + 36].reversed().reduce(0) { $0 << 8 | Int($1) }
            return ChunkLocation(xorb: xorb, index: index)
        }
    }
}
