import Foundation
import HubCore
import HubGit
import Testing

/// Packs beyond what 32 bits can count, in files that are mostly holes.
@Suite struct HugePackTests {
    private let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "huge-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder + "/objects/pack", withIntermediateDirectories: true)
    }

    private static func id(_ first: UInt8) throws -> ObjectID {
        try #require(ObjectID(bytes: [first] + [UInt8](repeating: 7, count: 19)))
    }

    /// An index of version 2, with its offsets of 31 bits or less in one table and all others in the second.
    private func index(_ offsets: [(id: ObjectID, offset: Int)]) -> [UInt8] {
        let sorted = offsets.sorted { $0.id < $1.id }
        var bytes: [UInt8] = [0xFF, 0x74, 0x4F, 0x63] + number(2)
        for first in 0..<256 { bytes += number(sorted.count { Int($0.id.bytes[0]) <= first }) }
        for entry in sorted { bytes += entry.id.bytes }
        bytes += [UInt8](repeating: 0, count: 4 * sorted.count)
        var far: [UInt8] = []
        for entry in sorted {
            if entry.offset < 1 << 31 {
                bytes += number(entry.offset)
            } else {
                bytes += number(1 << 31 | far.count / 8)
                far += number(entry.offset >> 32) + number(entry.offset & 0xFFFF_FFFF)
            }
        }
        return bytes + far + [UInt8](repeating: 0, count: 40)
    }

    private func number(_ number: Int) -> [UInt8] { [24, 16, 8, 0].map { UInt8(number >> $0 & 0xFF) } }

    private func bytes(of id: ObjectID, size: Int) throws -> [UInt8] {
        var blobs = LargeBlobs(of: folder, scratch: folder, limits: PushLimits())
        var bytes: [UInt8] = []
        #expect(try blobs.forEachPiece(of: id, size: size) { bytes += $0 })
        return bytes
    }

    @Test func `blobs are found behind two and behind four gigabytes, and as deltas on what is that far before`() throws
    {
        let (near, half, far, delta) = (try Self.id(1), try Self.id(200), try Self.id(2), try Self.id(100))
        let places = (near: 12, half: 3 << 30, far: 5 << 30, delta: 6 << 30)
        let parts = (near: "near", half: "beyond two", far: "beyond four")
        // Copies the whole base, and adds one byte.
        let instructions: [UInt8] = [4, 5, 0x90, 4, 1, UInt8(ascii: "!")]
        let entries: [(Int, [UInt8])] = [
            (places.near, HandPack.entry(3, 4, HandPack.zlib(Array(parts.near.utf8)))),
            (places.half, HandPack.entry(3, 10, HandPack.zlib(Array(parts.half.utf8)))),
            (places.far, HandPack.entry(3, 11, HandPack.zlib(Array(parts.far.utf8)))),
            (
                places.delta,
                HandPack.entry(
                    6, instructions.count,
                    HandPack.distanceBytes(places.delta - places.near) + HandPack.zlib(instructions))
            ),
        ]
        let path = folder + "/objects/pack/pack-1"
        #expect(FileManager.default.createFile(atPath: path + ".pack", contents: nil))
        let pack = try #require(FileHandle(forWritingAtPath: path + ".pack"))
        for (place, bytes) in entries {
            try pack.seek(toOffset: UInt64(place))
            try pack.write(contentsOf: bytes)
        }
        try pack.write(contentsOf: [UInt8](repeating: 0, count: 20))
        try pack.close()
        let made = index([(near, places.near), (half, places.half), (far, places.far), (delta, places.delta)])
        #expect(FileManager.default.createFile(atPath: path + ".idx", contents: Data(made)))

        let offsets = try PackOffsets(path: path + ".idx")
        #expect(try offsets.offset(of: half) == places.half)
        #expect(try offsets.offset(of: delta) == places.delta)
        #expect(try offsets.offset(of: Self.id(9)) == nil)
        #expect(try bytes(of: near, size: 4) == Array(parts.near.utf8))
        #expect(try bytes(of: half, size: 10) == Array(parts.half.utf8))
        #expect(try bytes(of: far, size: 11) == Array(parts.far.utf8))
        #expect(try bytes(of: delta, size: 5) == Array("near!".utf8))
        try FileManager.default.removeItem(atPath: folder)
    }
}
