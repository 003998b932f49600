import Foundation
import HubChunks
import HubCore
import Testing

/// Bodies that lie.
@Suite struct FormatAttackTests {
    private static let xorb = "2d1ec78d270b3284145f9d231ea277bcf455dc264e5f7ebe97ee37a029c5b1ea.xorb"
    private static let shard = "shard-a77f498a4069.mdb"

    @Test(arguments: [1, 7, 8, 9, 29_529, 29_531, 248_264])
    func `a xorb that is cut short is refused`(length: Int) throws {
        let body = try XetFixtures.golden(Self.xorb)
        #expect(throws: HubError.invalid("the xorb is cut short within a chunk")) {
            try read(Array(body.prefix(length)))
        }
    }

    @Test func `a xorb without chunks is refused`() {
        #expect(throws: HubError.invalid("the xorb holds no chunk")) { try read([]) }
    }

    @Test(arguments: [
        (0, 1),  // version
        (3, 0xFF),  // payload length 2^24
        (4, 3),  // scheme
        (4, 99),  // "auto"
        (5, 0x12),  // length, short by some
        (7, 0x02),  // length above 131,072
        (8, 0xFF),  // the LZ4 frame's magic
        (12, 0xFF),  // its flags
    ])
    func `a lying chunk header is refused`(offset: Int, value: UInt8) throws {
        var body = try XetFixtures.golden(Self.xorb)
        body[offset] = value
        #expect(throws: HubError.self) { try read(body) }
    }

    @Test func `a chunk that claims to be empty is refused`() {
        #expect(throws: HubError.self) { try read([0, 0, 0, 0, 0, 0, 0, 0]) }
    }

    @Test func `a flipped bit anywhere changes the hash or is refused`() throws {
        let body = try XetFixtures.golden(Self.xorb)
        let honest = try read(body).hash
        for offset in stride(from: 0, to: body.count, by: 9973) {
            var bad = body
            bad[offset] ^= 4
            #expect((try? read(bad))?.hash != honest)
        }
    }

    @Test func `more than 8192 chunks are refused`() {
        let chunk: [UInt8] = [0, 1, 0, 0, 0, 1, 0, 0, 65]
        let body = [[UInt8]](repeating: chunk, count: 8193).flatMap { $0 }
        #expect(throws: HubError.tooLarge("the xorb exceeds 8192 chunks or 64 MiB of uncompressed bytes")) {
            try read(body)
        }
    }

    @Test func `a tiny body that unpacks to more than 64 MiB is refused`() throws {
        let zeros = [UInt8](repeating: 0, count: 131_072)
        let payload = try #require(zeros.withUnsafeBytes { ChunkCompression.lz4.compress($0) })
        let size = payload.count
        let header: [UInt8] = [0, UInt8(size & 255), UInt8(size >> 8), 0, 1, 0, 0, 2]
        let body = [[UInt8]](repeating: header + payload, count: 513).flatMap { $0 }
        #expect(throws: HubError.tooLarge("the xorb exceeds 8192 chunks or 64 MiB of uncompressed bytes")) {
            try read(body)
        }
    }

    @Test func `a footer is skipped and not counted`() throws {
        let body = try XetFixtures.golden(Self.xorb)
        let layout = try read(body + Array("XETBLOB".utf8) + Array(repeating: 7, count: 300))
        #expect(layout == (try read(body)))
        #expect(layout.serializedSize == body.count)
    }

    @Test func `a shard cut anywhere is refused`() throws {
        let bytes = try XetFixtures.golden(Self.shard)
        for length in stride(from: 0, to: bytes.count, by: 31) {
            #expect(throws: HubError.self) { try Shard(parsing: Array(bytes.prefix(length))) }
            #expect(throws: HubError.self) { try ShardReader(Array(bytes.prefix(length))) }
        }
    }

    @Test(
        arguments: [
            48 + 36,  // terms of the first file
            480 + 36,  // chunks of the first xorb
        ], [UInt8(0x7F), 0xFF])
    func `a count larger than the shard is refused before memory is taken`(offset: Int, high: UInt8) throws {
        var bytes = try XetFixtures.golden(Self.shard)
        bytes[offset + 3] = high
        #expect {
            try Shard(parsing: bytes)
        } throws: { error in
            "\(error)".contains("announces") && "\(error)".contains("records and ends before them")
        }
    }

    @Test func `a term whose end lies before its start is refused`() throws {
        var bytes = try XetFixtures.golden(Self.shard)
        bytes[96 + 40] = 200
        #expect(throws: HubError.invalid("a term of the shard names the empty chunk range 200..<6")) {
            try Shard(parsing: bytes)
        }
    }

    @Test func `a foreign tag or version is refused`() throws {
        var bytes = try XetFixtures.golden(Self.shard)
        bytes[32] = 3
        #expect(throws: HubError.invalid("the shard has the unknown version 3")) { try Shard(parsing: bytes) }
        bytes[3] = 0
        #expect(throws: HubError.invalid("this is not a shard: its tag is missing")) { try Shard(parsing: bytes) }
    }

    private func read(_ body: [UInt8]) throws -> XorbLayout {
        var reader = XorbReader()
        try reader.append(body)
        return try reader.finish()
    }
}

@Suite struct CompressionTests {
    @Test(arguments: [ChunkCompression.lz4, .groupedLZ4], [1, 2, 3, 4, 5, 1000, 65_536, 65_537, 131_071, 131_072])
    func `what is packed unpacks to the same`(compression: ChunkCompression, length: Int) throws {
        let bytes = VectorInput.text(length)
        let payload = bytes.withUnsafeBytes { compression.compress($0) } ?? bytes
        let used = payload.count < bytes.count ? compression : .none
        var unpacked = [UInt8](repeating: 0, count: length)
        let isWhole = payload.withUnsafeBytes { payload in
            unpacked.withUnsafeMutableBytes { used.decompress(payload, into: $0) }
        }
        #expect(isWhole)
        #expect(unpacked == bytes)
    }

    @Test func `random bytes are not packed`() {
        let bytes = VectorInput.splitmix(65_536, seed: 1)
        #expect(bytes.withUnsafeBytes { ChunkCompression.lz4.compress($0) } == nil)
    }

    @Test func `weights are grouped and text is not`() {
        let weights = VectorInput.gaussFloats(16_384)
        let text = Array(String(repeating: "Words of many lengths, in no order of four.\n\n", count: 999).utf8)
        #expect(weights.withUnsafeBytes { ChunkCompression.best(for: $0) } == .groupedLZ4)
        #expect(text.withUnsafeBytes { ChunkCompression.best(for: $0) } == .lz4)
    }
}
