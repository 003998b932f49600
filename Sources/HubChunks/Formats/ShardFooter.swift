package import HubCore

/// The 200 bytes at the end of a whole shard file (specification, section 5).
package struct ShardFooter: Hashable, Sendable {
    package static let size = 200

    package struct Table: Hashable, Sendable {
        package var offset: UInt64
        package var count: UInt64
    }

    package var fileSection: UInt64 = 0
    package var xorbSection: UInt64 = 0

    /// Files, xorbs, chunks.
    package var tables = Array(repeating: Table(offset: 0, count: 0), count: 3)

    /// 32 bytes; zeros when chunk hashes are plain.
    package var key: [UInt8]

    /// Unix seconds.
    package var created: UInt64
    package var expiry: UInt64
    package var serializedBytes: UInt64 = 0
    package var materializedBytes: UInt64 = 0
    package var storedBytes: UInt64 = 0
    package var footer: UInt64 = 0

    private static let rowSizes = [12, 12, 16]

    init(key: [UInt8], created: UInt64, expiry: UInt64) {
        precondition(key.count == 32)
        self.key = key
        self.created = created
        self.expiry = expiry
    }

    /// Sets where the tables and the footer stand.
    mutating func place(tables bytes: [[UInt8]], from start: UInt64) {
        var offset = start
        for index in tables.indices {
            tables[index] = Table(offset: offset, count: UInt64(bytes[index].count / Self.rowSizes[index]))
            offset += UInt64(bytes[index].count)
        }
        footer = offset
    }

    /// Reads the footer at the end of a shard file.
    package init(parsing shard: [UInt8]) throws(HubError) {
        guard shard.count >= Self.size + Shard.recordSize else { throw .invalid("the shard has no footer") }
        let start = shard.count - Self.size
        func word(_ offset: Int) -> UInt64 {
            shard.withUnsafeBytes { $0.load(littleEndian: UInt64.self, at: start + offset) }
        }
        guard word(0) == 1 else { throw .invalid("the shard's footer has the unknown version \(word(0))") }
        self.init(key: Array(shard[start + 72..<start + 104]), created: word(104), expiry: word(112))
        fileSection = word(8)
        xorbSection = word(16)
        tables = (0..<3).map { Table(offset: word(24 + 16 * $0), count: word(32 + 16 * $0)) }
        serializedBytes = word(168)
        materializedBytes = word(176)
        storedBytes = word(184)
        footer = word(192)
    }

    var serialized: [UInt8] {
        var bytes: [UInt8] = []
        for word in [1, fileSection, xorbSection] { bytes.append(littleEndian: word) }
        for table in tables {
            bytes.append(littleEndian: table.offset)
            bytes.append(littleEndian: table.count)
        }
        bytes += key
        for word in [created, expiry] { bytes.append(littleEndian: word) }
        bytes += Array(repeating: 0, count: 48)
        for word in [serializedBytes, materializedBytes, storedBytes, footer] { bytes.append(littleEndian: word) }
        return bytes
    }
}
