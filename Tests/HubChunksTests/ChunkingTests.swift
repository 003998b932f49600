import CHubKernels
import Crypto
import Foundation
import HubChunks
import HubCore
import Testing

/// Where the chunks of `bytes` end when they arrive in pieces of this size.
private func boundaries(of bytes: [UInt8], pieceSize: Int = 1 << 20) -> [Int] {
    var end = 0
    return chunks(of: bytes, pieceSize: pieceSize).map { chunk in
        end += chunk.length
        return end
    }
}

func chunks(of bytes: [UInt8], pieceSize: Int = 1 << 20) -> [Chunk] {
    var chunker = GearChunker()
    var chunks: [Chunk] = []
    for start in stride(from: 0, to: bytes.count, by: pieceSize) {
        chunks += chunker.append(Array(bytes[start..<min(bytes.count, start + pieceSize)])).chunks
    }
    return chunks + chunker.finish().chunks
}

@Suite struct ChunkingTests {
    @Test func `the gear table is the published one`() {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: hub_gear_table) { bytes = Array($0) }
        #expect(
            Hex.encode(SHA256.hash(data: bytes)) == XetFixtures.reference.gear_table_sha256_of_little_endian_u64s)
    }

    @Test func `cuts of the reference's random bytes are the reference's`() {
        let bytes = VectorInput.splitmix(1_000_000, seed: 0)
        let expected = XetFixtures.reference.chunk_boundaries[0]
        #expect(expected.byte_checks == ["0": bytes[0], "127": bytes[127], "111111": bytes[111_111]])
        #expect(boundaries(of: bytes) == expected.boundaries)
    }

    @Test func `cuts of constant bytes are the reference's`() {
        let bytes = [UInt8](repeating: 59, count: 1_000_000)
        #expect(boundaries(of: bytes) == XetFixtures.reference.chunk_boundaries[1].boundaries)
    }

    @Test(arguments: XetFixtures.reference.triggering_pattern.cases)
    func `cuts of a pattern that matches often are the reference's`(_ expected: XetFixtures.Reference.Pattern.Case) {
        var bytes = XetFixtures.reference.triggering_pattern.base + Array(repeating: 0, count: expected.padding)
        while bytes.count < 65536 { bytes += bytes.prefix(65536 - bytes.count) }
        #expect(bytes[11_111] == expected.byte_at_11111)
        #expect(boundaries(of: bytes) == expected.boundaries)
        #expect(boundaries(of: bytes, pieceSize: 4097) == expected.boundaries)
    }

    @Test(arguments: XetFixtures.client.vectors)
    func `chunks and hashes of a file are the client's`(_ expected: XetFixtures.ClientVectors.Vector) {
        let bytes = VectorInput.named(expected.name, size: expected.size)
        #expect(ContentDigest(bytes: Array(SHA256.hash(data: bytes))) == expected.sha256)

        let found = chunks(of: bytes)

        #expect(found.count == expected.n_chunks)
        #expect(expected.chunks.map { $0.map(\.hash) == found.map(\.hash) } ?? true)
        #expect(expected.chunks.map { $0.map(\.length) == found.map(\.length) } ?? true)
        #expect(expected.chunk_lengths.map { $0 == found.map(\.length) } ?? true)
        #expect(expected.first_chunk_hash.map { $0 == found.first?.hash } ?? true)
        #expect(expected.last_chunk_hash.map { $0 == found.last?.hash } ?? true)
        #expect(MerkleTree.fileHash(found) == expected.xet_file_hash)
        #expect(MerkleTree.xorbHash(found) == expected.single_xorb_hash)
        #expect(
            expected.whole_file_verification_hash.map { $0 == XetHasher.verification(found.map(\.hash)) }
                ?? found.isEmpty)
        let anchors = found.indices.filter { $0 == 0 || found[$0].isDedupAnchor }
        #expect(anchors == expected.global_dedup_eligible_chunk_indices)
    }

    @Test(arguments: [1000, 8191, 65_537, 400_000])
    func `cuts do not depend on how the bytes arrive`(pieceSize: Int) {
        let bytes = VectorInput.splitmix(1_500_000, seed: 3)
        #expect(chunks(of: bytes, pieceSize: pieceSize) == chunks(of: bytes, pieceSize: bytes.count))
    }

    @Test(arguments: [1, 2, 3], [200_000, 1 << 20, 64 << 20])
    func `a file is cut as a stream is, whatever the threads and blocks`(threads: Int, blockSize: Int) async throws {
        let bytes = VectorInput.splitmix(3_000_000, seed: 4) + Array(repeating: 0, count: 1_000_000)
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data(bytes).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        var chunker = FileChunker(threads: threads, computesDigest: true)
        chunker.blockSize = blockSize

        let file = try await chunker.chunk(fileAt: path)

        #expect(file.chunks == chunks(of: bytes))
        #expect(file.digest == ContentDigest(bytes: Array(SHA256.hash(data: bytes))))
    }

    @Test func `an empty file has no chunk and the zero hash`() async throws {
        let path = NSTemporaryDirectory() + UUID().uuidString
        try Data().write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let file = try await FileChunker().chunk(fileAt: path)
        #expect(file.chunks.isEmpty)
        #expect(file.fileHash == .zero)
    }
}

@Suite struct GearScanTests {
    @Test(arguments: Blake3Tests.levels, [0, 1, 63, 64, 16_384, 33_280, 33_281, 33_344, 400_000])
    func `the interleaved scan finds what the scalar one finds`(simd: Int, count: Int) {
        let bytes = VectorInput.splitmix(count + 64, seed: 9)
        for history in [0, 1, 63, 64] {
            #expect(
                scan(bytes, history: history) { hub_gear_scan(CInt(simd), $0, $1, $2, $3) }
                    == scan(bytes, history: history, hub_gear_scan_portable))
        }
    }

    @Test(arguments: Blake3Tests.levels)
    func `the interleaved scan finds matches that stand close together`(simd: Int) {
        let base = XetFixtures.reference.triggering_pattern.base
        let bytes = (0..<1000).flatMap { _ in base }
        let found = scan(bytes, history: 64) { hub_gear_scan(CInt(simd), $0, $1, $2, $3) }
        #expect(found.count > 100)
        #expect(found == scan(bytes, history: 64, hub_gear_scan_portable))
    }

    /// Scans all but the first 64 bytes.
    private func scan(
        _ bytes: [UInt8], history: Int,
        _ kernel: (UnsafePointer<UInt8>?, Int, Int, UnsafeMutablePointer<UInt32>?) -> Int
    ) -> [UInt32] {
        [UInt32](unsafeUninitializedCapacity: bytes.count) { found, count in
            bytes.withUnsafeBufferPointer { bytes in
                count = kernel(bytes.baseAddress.map { $0 + 64 }, bytes.count - 64, history, found.baseAddress)
            }
        }
    }
}
