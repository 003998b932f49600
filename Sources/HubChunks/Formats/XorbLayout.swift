package import HubCore

/// What a xorb holds and where: everything about it but the bytes.
package struct XorbLayout: Hashable, Sendable {
    package struct Entry: Hashable, Sendable {
        package let chunk: Chunk

        /// Where the chunk's serialized form ends in the body, in bytes; it begins where the one before ends.
        package let end: Int

        package init(chunk: Chunk, end: Int) {
            self.chunk = chunk
            self.end = end
        }
    }

    package let hash: XetHash
    package let entries: [Entry]

    package init(hash: XetHash, entries: [Entry]) {
        self.hash = hash
        self.entries = entries
    }

    package init(entries: [Entry]) {
        self.init(hash: MerkleTree.xorbHash(entries.map(\.chunk)), entries: entries)
    }

    /// The length of the body, chunk headers included.
    package var serializedSize: Int { entries.last?.end ?? 0 }

    /// The number of uncompressed bytes.
    package var length: Int { length(of: entries.indices) }

    /// The number of uncompressed bytes in these chunks.
    package func length(of chunks: Range<Int>) -> Int { entries[chunks].reduce(0) { $0 + $1.chunk.length } }

    /// Where these chunks stand in the body.
    package func byteRange(of chunks: Range<Int>) -> Range<Int> {
        guard !chunks.isEmpty else { return 0..<0 }
        return (chunks.lowerBound == 0 ? 0 : entries[chunks.lowerBound - 1].end)..<entries[chunks.upperBound - 1].end
    }
}

/// Limits of a xorb (specification, section 4).
package enum XorbLimits {
    package static let chunks = 8192

    /// Uncompressed bytes.
    package static let length = 64 << 20

    /// Bytes of a body: 64 MiB that did not compress, and their chunk headers.
    package static let serializedSize = length + chunks * ChunkHeader.size

    static let payload = 262_144
}

extension XorbLayout {
    private static let entrySize = 40

    /// The form in which the store keeps the entries: hash, length and end of each.
    var storedEntries: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.count * Self.entrySize)
        for entry in entries {
            bytes += entry.chunk.hash.bytes
            bytes.append(littleEndian: UInt32(entry.chunk.length))
            bytes.append(littleEndian: UInt32(entry.end))
        }
        return bytes
    }

    /// Reads ``storedEntries``.
    init(hash: XetHash, storedEntries: [UInt8]) throws(DamagedContent) {
        guard storedEntries.count.isMultiple(of: Self.entrySize) else {
            throw DamagedContent("the record of xorb \(hash) is cut short")
        }
        let entries = storedEntries.withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count, by: Self.entrySize).map { offset in
                Entry(
                    chunk: Chunk(
                        hash: XetHash(bytes, at: offset),
                        length: Int(bytes.load(littleEndian: UInt32.self, at: offset + 32))),
                    end: Int(bytes.load(littleEndian: UInt32.self, at: offset + 36)))
            }
        }
        self.init(hash: hash, entries: entries)
    }
}

/// Stored bytes are not what their hash says: a disk or a hand changed them.
///
/// Never the client's fault, and never answered with the bytes.
package struct DamagedContent: Error, Equatable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
