import HubCore

extension Shard {
    /// The body of an upload: the two sections, no lookup tables, no footer.
    package func serializedForUpload() -> [UInt8] {
        Self.header(footerSize: 0) + fileSection + Self.bookend + xorbSection(key: nil) + Self.bookend
    }

    /// A whole shard file, as clients cache it and as deduplication queries are answered.
    ///
    /// - Parameters:
    ///   - key: 32 bytes with which chunk hashes are keyed; nil leaves them plain.
    ///   - created: Unix seconds.
    ///   - expiry: Unix seconds after which a client ignores the shard; 0 for its running session only.
    ///   - withLookups: Whether the lookup tables are written; clients do without.
    package func serialized(key: [UInt8]?, created: UInt64, expiry: UInt64, withLookups: Bool) -> [UInt8] {
        let files = fileSection + Self.bookend
        let xorbs = xorbSection(key: key) + Self.bookend
        let tables = withLookups ? lookupTables(key: key) : [[], [], []]
        var footer = ShardFooter(key: key ?? Array(repeating: 0, count: 32), created: created, expiry: expiry)
        footer.fileSection = UInt64(Self.recordSize)
        footer.xorbSection = footer.fileSection + UInt64(files.count)
        footer.place(tables: tables, from: footer.xorbSection + UInt64(xorbs.count))
        footer.serializedBytes = UInt64(self.xorbs.reduce(0) { $0 + $1.serializedSize })
        footer.materializedBytes = UInt64(self.files.reduce(0) { $0 + $1.length })
        footer.storedBytes = UInt64(self.xorbs.reduce(0) { $0 + $1.length })
        return Self.header(footerSize: UInt64(ShardFooter.size)) + files + xorbs + tables.joined() + footer.serialized
    }

    private static func header(footerSize: UInt64) -> [UInt8] {
        var bytes = tag
        bytes.append(littleEndian: UInt64(2))
        bytes.append(littleEndian: footerSize)
        return bytes
    }

    private static let bookend = Array(repeating: UInt8.max, count: 32) + Array(repeating: UInt8(0), count: 16)

    private static func record(_ hash: [UInt8], _ words: Int...) -> [UInt8] {
        var bytes = hash
        for index in 0..<4 { bytes.append(littleEndian: UInt32(index < words.count ? words[index] : 0)) }
        return bytes
    }

    private var fileSection: [UInt8] {
        var bytes: [UInt8] = []
        for file in files {
            var flags = file.verification.isEmpty && !file.terms.isEmpty ? 0 : FileFlags.verification
            if file.digest != nil { flags |= FileFlags.digest }
            bytes += Self.record(file.hash.bytes, Int(flags), file.terms.count)
            for term in file.terms {
                bytes += Self.record(
                    term.span.xorb.bytes, 0, term.length, term.span.chunks.lowerBound, term.span.chunks.upperBound)
            }
            for hash in file.verification { bytes += Self.record(hash.bytes) }
            if let digest = file.digest { bytes += Self.record(digest.shardBytes) }
        }
        return bytes
    }

    private func xorbSection(key: [UInt8]?) -> [UInt8] {
        var bytes: [UInt8] = []
        for xorb in xorbs {
            bytes += Self.record(xorb.hash.bytes, 0, xorb.chunks.count, xorb.length, xorb.serializedSize)
            var start = 0
            for record in xorb.chunks {
                let flags = record.isDedupEligible ? Int(Self.dedupEligible) : 0
                bytes += Self.record(Self.keyed(record, key).bytes, start, record.chunk.length, flags)
                start += record.chunk.length
            }
        }
        return bytes
    }

    private static func keyed(_ record: ChunkRecord, _ key: [UInt8]?) -> XetHash {
        key.map { XetHasher.dedup(record.chunk.hash, key: $0) } ?? record.chunk.hash
    }

    /// The file, xorb and chunk tables, each sorted by the first word of the hash.
    private func lookupTables(key: [UInt8]?) -> [[UInt8]] {
        var files: [(hash: XetHash, values: [Int])] = []
        var position = 0
        for file in self.files {
            files.append((file.hash, [position]))
            position += 1 + file.terms.count + file.verification.count + (file.digest == nil ? 0 : 1)
        }
        var xorbs: [(hash: XetHash, values: [Int])] = []
        var chunks: [(hash: XetHash, values: [Int])] = []
        position = 0
        for xorb in self.xorbs {
            xorbs.append((xorb.hash, [position]))
            for (index, record) in xorb.chunks.enumerated() {
                chunks.append((Self.keyed(record, key), [position, index]))
            }
            position += 1 + xorb.chunks.count
        }
        return [files, xorbs, chunks].map(Self.table)
    }

    private static func table(_ rows: [(hash: XetHash, values: [Int])]) -> [UInt8] {
        let keyed = rows.map { (key: $0.hash.digest.littleEndianWords[0], values: $0.values) }
        var bytes: [UInt8] = []
        let sorted = keyed.sorted { one, other in
            one.key == other.key ? one.values.lexicographicallyPrecedes(other.values) : one.key < other.key
        }
        for row in sorted {
            bytes.append(littleEndian: row.key)
            for value in row.values { bytes.append(littleEndian: UInt32(value)) }
        }
        return bytes
    }
}
