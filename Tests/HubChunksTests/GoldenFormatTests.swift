import Crypto
import Foundation
import HubChunks
import HubCore
import Testing

/// Bodies exactly as the official client sent them.
@Suite struct GoldenFormatTests {
    private static let xorbs = XetFixtures.manifest.xorbs.keys.sorted()
    private static let shards = XetFixtures.manifest.shards.keys.sorted()

    @Test(arguments: xorbs, [1, 4093, 1 << 20])
    func `a client's xorb is read and hashes to its name`(name: String, pieceSize: Int) throws {
        let expected = try #require(XetFixtures.manifest.xorbs[name])
        let body = try XetFixtures.golden(name)
        #expect(body.count == expected.bytes)
        #expect(Hex.encode(SHA256.hash(data: body)) == expected.sha256)
        #expect(String(CRC64NVME.checksum(body)) == expected.crc64nvme)

        var reader = XorbReader()
        let size = min(body.count, pieceSize == 1 ? 997 : pieceSize)
        for start in stride(from: 0, to: body.count, by: size) {
            try reader.append(Array(body[start..<min(body.count, start + size)]))
        }
        let layout = try reader.finish()

        #expect(layout.hash.string + ".xorb" == name)
        #expect(layout.entries.map(\.end) == expected.chunks.map(\.end))
        #expect(layout.entries.map(\.chunk.hash) == expected.chunks.map(\.hash))
        #expect(layout.entries.map(\.chunk.length) == expected.chunks.map(\.uncompressed))
        #expect(expected.chunks.allSatisfy { body[$0.offset + 4] == $0.scheme })
        #expect(expected.chunks.allSatisfy { Hex.encode(body[$0.offset...].prefix(24)) == $0.first_bytes })
        #expect(expected.chunks.allSatisfy { $0.end - $0.offset - 8 == $0.compressed })
    }

    @Test(arguments: shards)
    func `a client's shard is read as the manifest says and written back to the byte`(name: String) throws {
        let expected = try #require(XetFixtures.manifest.shards[name])
        let bytes = try XetFixtures.golden(name)
        #expect(bytes.count == expected.bytes)

        let shard = try Shard(parsing: bytes)

        #expect(shard.files.map(\.hash) == expected.files.map(\.hash))
        #expect(shard.files.map(\.digest) == expected.files.map(\.sha256))
        #expect(shard.files.flatMap(\.verification) == expected.files.flatMap { $0.terms.map(\.verification) })
        #expect(
            shard.files.flatMap(\.terms)
                == expected.files.flatMap(\.terms).map {
                    Shard.Term(span: ChunkSpan(xorb: $0.xorb, chunks: $0.start..<$0.end), length: $0.length)
                })
        #expect(shard.xorbs.map(\.hash) == expected.xorbs.map(\.hash))
        #expect(shard.xorbs.map(\.length) == expected.xorbs.map(\.bytes_in_xorb))
        #expect(
            shard.xorbs.flatMap(\.chunks).map(\.chunk)
                == expected.xorbs.flatMap(\.chunks).map { Chunk(hash: $0.hash, length: $0.length) })
        #expect(shard.serializedForUpload() == bytes)
    }

    @Test func `a client's cached shard is written back to the byte, lookup tables and footer included`() throws {
        let expected = XetFixtures.manifest.client_cached_full_shard
        let bytes = try XetFixtures.golden("client_cached_full_shard.mdb")

        let footer = try ShardFooter(parsing: bytes)
        let shard = try Shard(parsing: bytes)

        #expect(footer.fileSection == expected.file_info_offset)
        #expect(footer.xorbSection == expected.xorb_info_offset)
        #expect(
            footer.tables.map(\.offset)
                == [expected.file_lookup_offset, expected.xorb_lookup_offset, expected.chunk_lookup_offset])
        #expect(
            footer.tables.map(\.count)
                == [expected.file_lookup_num, expected.xorb_lookup_num, expected.chunk_lookup_num])
        #expect(footer.footer == expected.footer_offset)
        #expect(footer.created == expected.creation)
        #expect(footer.expiry == expected.expiry)
        #expect(footer.storedBytes == expected.stored)
        #expect(footer.materializedBytes == expected.materialized)
        #expect(footer.serializedBytes == expected.stored_on_disk)
        #expect(Hex.encode(footer.key) == expected.hmac_key)
        #expect(
            shard.serialized(key: nil, created: expected.creation, expiry: expected.expiry, withLookups: true) == bytes)
    }

    @Test func `a deduplication answer the client accepted is written to the byte`() throws {
        let expected = XetFixtures.manifest.dedup_response_example
        let bytes = try XetFixtures.golden("dedup_response_example.mdb")
        let key = try #require(Hex.decode(expected.hmac_key_raw_hex))
        let xorb = try #require(XetFixtures.manifest.shards["shard-07fdecc16648.mdb"]?.xorbs.first)
        let answer = try Shard(parsing: bytes)
        let plain = Shard(
            files: [],
            xorbs: [
                Shard.Xorb(
                    hash: xorb.hash,
                    chunks: zip(xorb.chunks, answer.xorbs[0].chunks).map {
                        Shard.ChunkRecord(
                            chunk: Chunk(hash: $0.hash, length: $0.length), isDedupEligible: $1.isDedupEligible)
                    },
                    serializedSize: answer.xorbs[0].serializedSize)
            ])

        #expect(XetHasher.dedup(expected.first_chunk.plain, key: key) == expected.first_chunk.keyed)
        #expect(answer.xorbs[0].chunks[0].chunk.hash == expected.first_chunk.keyed)
        #expect(
            plain.serialized(key: key, created: expected.created, expiry: expected.expiry, withLookups: false) == bytes)
    }

    @Test(arguments: [
        ("text300k", ["b99e44b90d9f6adb20a53570abf70b88812aabdde98e1f3e4a911d108a82744c"]),
        ("f32_256k", ["2d1ec78d270b3284145f9d231ea277bcf455dc264e5f7ebe97ee37a029c5b1ea"]),
        ("random200k", ["6a28e4f5fee061b9a94258acf0c020ef7171f946d222a3c2374ad7f89186c90b"]),
        ("tiny", ["4e39378b9d359f118190557a1f44130219a54e5fcfa07bd96cf50b466fe651b1"]),
        ("a", []), ("b", []),
    ])
    func `the captured inputs have the client's hashes and make its xorbs`(name: String, xorbs: [String]) throws {
        let expected = try #require(XetFixtures.manifest.inputs[name])
        let input = Self.input(name)
        let found = chunks(of: input)
        #expect(input.count == expected.size)
        #expect(ContentDigest(bytes: Array(SHA256.hash(data: input))) == expected.sha256)
        #expect(MerkleTree.fileHash(found) == expected.xet_file_hash)
        #expect(xorbs.allSatisfy { build(found, input).hash.string == $0 })
        // liblz4 and the client's LZ4 find different matches, but both must choose the same scheme.
        #expect(try xorbs.allSatisfy { try XetFixtures.golden("\($0).xorb")[4] == build(found, input).body[4] })
    }

    private static func input(_ name: String) -> [UInt8] {
        var random = PythonRandom(seed: 21)
        switch name {
        case "text300k": return VectorInput.text(300_000)
        case "f32_256k": return VectorInput.gaussFloats(65536)
        case "random200k": return VectorInput.random7(200_000)
        case "tiny": return Array("hello world".utf8)
        case "a": return random.bytes(400_000)
        default: return random.bytes(400_000) + (0..<1000).flatMap { _ in Array("tail".utf8) }
        }
    }

    /// One xorb of the distinct chunks.
    private func build(_ chunks: [Chunk], _ bytes: [UInt8]) -> BuiltXorb {
        var builder = XorbBuilder()
        var seen: Set<XetHash> = []
        var start = 0
        for chunk in chunks {
            let piece = Array(bytes[start..<start + chunk.length])
            start += chunk.length
            if seen.insert(chunk.hash).inserted { piece.withUnsafeBytes { _ = builder.add(chunk, bytes: $0) } }
        }
        guard let xorb = builder.take() else { fatalError("the input is empty") }
        return xorb
    }
}
