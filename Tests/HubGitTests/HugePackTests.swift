import Foundation
import HubCore
import Testing

@testable import HubGit

/// Packs beyond what 32 bits can count, in files that are mostly holes.
@Suite struct HugePackTests {
    private let folder: String

    init() throws {
        Libgit2.start()
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

    @Test(arguments: [1 << 31, 1 << 32, (1 << 32) - 1, (5 << 30) + 12345, 1 << 40])
    func `sizes and distances of any length are read as they were written`(length: Int) throws {
        let file = try ScratchFile(in: folder)
        let entry = PackFormat.entryHeader(ObjectHeader(kind: .blob, size: length))
        let distance = HandPack.distanceBytes(length)
        try file.write(entry + distance, at: 0)
        let inflater = try Inflater(file, end: entry.count + distance.count)
        var place = 0
        #expect(try PackFormat.readEntryHeader(inflater, &place) == (3, length))
        #expect(try PackFormat.readOffset(inflater, &place) == length)
        #expect(place == entry.count + distance.count)
        try FileManager.default.removeItem(atPath: folder)
    }

    @Test func `deltas on several large files that the pack lacks are made of the right ones`() throws {
        let bases = ["01234", "abcde", "vwxyz"].map { Array($0.utf8) }
        let ids = try bases.map { try GitObject(kind: .blob, bytes: $0).name() }
        // Each copies its base and adds one byte.
        let parts = ids.map { id in
            HandPack.entry(7, 6, id.bytes + HandPack.zlib([5, 6, 0x90, 5, 1, UInt8(ascii: "+")]))
        }
        let pack = HandPack.bytes(ofParts: parts)
        let file = try ScratchFile(in: folder)
        try file.write(pack, at: 0)
        var limits = PushLimits()
        limits.heldBytes = 0
        var index = try PackIndex(file, length: pack.count - 20, limits: limits)
        #expect(index.missingBases == Set(ids))
        let place = try index.placeForCopies()
        try place.file.write(bases.flatMap(\.self), at: place.offset)
        try index.complete(with: [], copies: ids.map { ($0, ObjectHeader(kind: .blob, size: 5)) })
        try index.checkComplete()
        let objects = QuarantinedObjects(index.objects, in: file)
        for base in bases {
            let made = base + [UInt8(ascii: "+")]
            let stored = try objects.stored(GitObject(kind: .blob, bytes: made).name())
            #expect(try stored?.inflate() == made)
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
