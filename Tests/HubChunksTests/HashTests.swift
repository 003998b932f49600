import CHubKernels
import Foundation
import HubChunks
import HubCore
import Testing

@Suite struct Blake3Tests {
    /// Facts of BLAKE3's own test vectors: input byte i is i mod 251, first 32 bytes of output.
    static let facts: [(length: Int, hash: String)] = [
        (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
        (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
        (1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
        (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
        (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
        (2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"),
        (102_400, "bc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"),
    ]

    static let levels = (HUB_SIMD_PORTABLE..<HUB_SIMD_AVX512 + 1).filter { $0 <= hub_chunk_simd_best() }

    @Test(arguments: facts, levels)
    func `hashes are the published ones`(_ fact: (length: Int, hash: String), simd: Int) {
        let input = (0..<fact.length).map { UInt8($0 % 251) }
        #expect(Hex.encode(hash(input, key: nil, simd: simd)) == fact.hash)
    }

    @Test(arguments: levels)
    func `keyed hashes are the same on every path`(simd: Int) {
        let key = Array("whats the Elvish word for friend".utf8)
        let input = VectorInput.splitmix(300_000, seed: 5)
        for length in [0, 1, 64, 65, 1023, 1024, 1025, 4096, 16_385, 131_072, 131_073, 262_145, 300_000] {
            let piece = Array(input.prefix(length))
            #expect(hash(piece, key: key, simd: simd) == hash(piece, key: key, simd: HUB_SIMD_PORTABLE))
        }
    }

    @Test(arguments: levels)
    func `many pieces at once hash as one by one`(simd: Int) {
        let key = Array("whats the Elvish word for friend".utf8)
        let lengths: [UInt32] =
            [1, 1024, 0, 131_072, 5000, 65_536, 2048, 131_073, 1023, 1025] + (0..<40).map { 3000 + 977 * $0 }
        let input = VectorInput.splitmix(lengths.reduce(0) { $0 + Int($1) }, seed: 6)
        var found = [UInt8](repeating: 0, count: 32 * lengths.count)
        hub_blake3_pieces(CInt(simd), key, input, lengths, lengths.count, &found)
        var start = 0
        for (index, length) in lengths.enumerated() {
            let piece = Array(input[start..<start + Int(length)])
            #expect(Array(found[32 * index..<32 * index + 32]) == hash(piece, key: key, simd: HUB_SIMD_PORTABLE))
            start += Int(length)
        }
    }

    private func hash(_ input: [UInt8], key: [UInt8]?, simd: Int) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: 32)
        hub_blake3(CInt(simd), key, input, input.count, &out)
        return out
    }
}

@Suite struct XetHashTests {
    private let reference = XetFixtures.reference

    @Test func `a hash is written as the reference writes it`() throws {
        let hash = try #require(XetHash(bytes: reference.hash_hex.raw))
        #expect(hash.string == reference.hash_hex.string)
        #expect(try XetHash(parsing: reference.hash_hex.string) == hash)
    }

    @Test func `the draft's chunk hash is ours`() {
        let expected = reference.published_draft_denis_xet.chunk_hash
        let hash = XetHasher.chunk(Array(expected.input_ascii.utf8))
        #expect(hash == expected.string)
        #expect(Hex.encode(hash.bytes) == expected.raw_hex)
    }

    @Test func `the draft's node hash is ours`() {
        let expected = reference.published_draft_denis_xet.internal_node
        let children = expected.children.map { Chunk(hash: $0.hash, length: $0.length) }
        #expect(MerkleTree.xorbHash(children) == expected.string)
    }

    @Test func `the draft's verification hash is ours`() {
        let expected = reference.published_draft_denis_xet.verification
        #expect(XetHasher.verification(expected.chunks) == expected.string)
    }

    @Test(arguments: XetFixtures.reference.merkle)
    func `a Merkle tree is the reference's`(_ expected: XetFixtures.Reference.Merkle) throws {
        let leaves = expected.leaves.map { Chunk(hash: $0.hash, length: $0.length) }
        #expect(MerkleTree.xorbHash(leaves) == expected.xorb_hash)
        for pair in expected.file_hash_by_salt {
            let salt = try XetHash(parsing: pair[0]).bytes
            #expect(try MerkleTree.fileHash(leaves, salt: salt) == XetHash(parsing: pair[1]))
        }
    }

    @Test func `the CRC of an upload grant is the reference's`() {
        let expected = reference.crc64nvme
        let checksum = CRC64NVME.checksum(Array(expected.input_ascii.utf8))
        #expect(String(checksum) == expected.value_decimal)
        #expect(String(checksum, radix: 16) == expected.value_hex)
    }

    @Test func `the published hashes of the specification's example file are read and written alike`() throws {
        // The file itself is not published here, so only the form of its hashes can be shown.
        let file = reference.published_spec_reference_files
        let hashes = file.chunk_hashes + [file.xet_file_hash, file.xorb_hash, file.range_verification_hash]
        #expect(try hashes.allSatisfy { try XetHash(parsing: $0.string) == $0 })
    }
}
