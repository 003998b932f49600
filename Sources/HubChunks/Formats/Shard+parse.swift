package import HubCore

extension Shard {
    /// Reads all of a shard, as ``ShardReader`` does.
    package init(parsing bytes: [UInt8]) throws(HubError) {
        var records = try ShardRecords(bytes)
        var files: [File] = []
        while let header = try records.nextHeader() { files.append(try File(header, from: &records)) }
        var xorbs: [Xorb] = []
        while let header = try records.nextHeader() { xorbs.append(try Xorb(header, from: &records)) }
        self.init(files: files, xorbs: xorbs)
    }
}

/// A well-formed shard that is read file by file and xorb by xorb, so that memory is its bytes and one of those.
///
/// Reads the file and xorb sections; what follows them, lookup tables and footer, is not looked at. Checks form, not
/// truth: whether hashes and lengths are right is for the store to find out.
package struct ShardReader: Sendable {
    private let files: ShardRecords
    private let xorbs: ShardRecords

    /// Bytes of all files together.
    package let length: Int

    package init(_ bytes: [UInt8]) throws(HubError) {
        files = try ShardRecords(bytes)
        var records = files
        var length = 0
        while let header = try records.nextHeader() { length += try Shard.File(header, from: &records).length }
        self.length = length
        xorbs = records
        while let header = try records.nextHeader() { _ = try Shard.Xorb(header, from: &records) }
    }

    package func forEachFile(_ body: (Shard.File) async throws -> Void) async throws {
        var records = files
        while let header = try records.nextHeader() { try await body(Shard.File(header, from: &records)) }
    }

    package func forEachXorb(_ body: (Shard.Xorb) async throws -> Void) async throws {
        var records = xorbs
        while let header = try records.nextHeader() { try await body(Shard.Xorb(header, from: &records)) }
    }
}

extension Shard.File {
    fileprivate init(_ header: ShardRecords.Record, from records: inout ShardRecords) throws(HubError) {
        let flags = header.word(0)
        let hasVerification = flags & Shard.FileFlags.verification != 0
        let hasDigest = flags & Shard.FileFlags.digest != 0
        let count = Int(header.word(1))
        try records.require(count * (hasVerification ? 2 : 1) + (hasDigest ? 1 : 0))
        var terms: [Shard.Term] = []
        terms.reserveCapacity(count)
        for _ in 0..<count { terms.append(try Shard.Term(records.next())) }
        var verification: [XetHash] = []
        if hasVerification { for _ in 0..<count { verification.append(try records.next().hash) } }
        let digest = hasDigest ? ContentDigest(shardBytes: try records.next().hash.bytes) : nil
        self.init(hash: header.hash, terms: terms, verification: verification, digest: digest)
    }
}

extension Shard.Term {
    fileprivate init(_ record: ShardRecords.Record) throws(HubError) {
        let start = Int(record.word(2))
        let end = Int(record.word(3))
        guard start < end else { throw .invalid("a term of the shard names the empty chunk range \(start)..<\(end)") }
        self.init(span: ChunkSpan(xorb: record.hash, chunks: start..<end), length: Int(record.word(1)))
    }
}

extension Shard.Xorb {
    fileprivate init(_ header: ShardRecords.Record, from records: inout ShardRecords) throws(HubError) {
        let count = Int(header.word(1))
        try records.require(count)
        var chunks: [Shard.ChunkRecord] = []
        var start = 0
        for _ in 0..<count {
            let record = try records.next()
            guard Int(record.word(0)) == start else {
                throw .invalid("the chunks of xorb \(header.hash) do not follow each other")
            }
            let chunk = Chunk(hash: record.hash, length: Int(record.word(1)))
            chunks.append(
                Shard.ChunkRecord(chunk: chunk, isDedupEligible: record.word(2) & Shard.dedupEligible != 0))
            start += chunk.length
        }
        self.init(hash: header.hash, chunks: chunks, serializedSize: Int(header.word(3)))
    }
}

/// The 48-byte records of a shard, read one after the other.
private struct ShardRecords: Sendable {
    struct Record {
        let hash: XetHash
        let words: (UInt32, UInt32, UInt32, UInt32)

        func word(_ index: Int) -> UInt32 {
            switch index {
            case 0: words.0
            case 1: words.1
            case 2: words.2
            default: words.3
            }
        }

        var isBookend: Bool { hash.digest.littleEndianWords.allSatisfy { $0 == .max } }
    }

    private let bytes: [UInt8]
    private var offset = Shard.recordSize

    init(_ bytes: [UInt8]) throws(HubError) {
        guard bytes.count >= Shard.recordSize, bytes.starts(with: Shard.tag) else {
            throw .invalid("this is not a shard: its tag is missing")
        }
        let version = bytes.withUnsafeBytes { $0.load(littleEndian: UInt64.self, at: Shard.tag.count) }
        guard version == 2 else { throw .invalid("the shard has the unknown version \(version)") }
        self.bytes = bytes
    }

    /// Throws unless that many records are left: a count is believed only after this.
    func require(_ count: Int) throws(HubError) {
        guard count <= (bytes.count - offset) / Shard.recordSize else {
            throw .invalid("the shard announces \(count) records and ends before them")
        }
    }

    mutating func next() throws(HubError) -> Record {
        try require(1)
        defer { offset += Shard.recordSize }
        return bytes.withUnsafeBytes { [offset] bytes in
            func word(_ index: Int) -> UInt32 { bytes.load(littleEndian: UInt32.self, at: offset + 32 + 4 * index) }
            return Record(hash: XetHash(bytes, at: offset), words: (word(0), word(1), word(2), word(3)))
        }
    }

    /// The next record, or nil at the bookend that closes a section.
    mutating func nextHeader() throws(HubError) -> Record? {
        let record = try next()
        return record.isBookend ? nil : record
    }
}
