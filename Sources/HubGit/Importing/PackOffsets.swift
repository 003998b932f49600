package import HubCore

/// Where the objects of a pack on disk are, by their names: its `.idx` file (gitformat-pack, version 2).
package struct PackOffsets {
    private let file: ScratchFile
    private let count: Int

    private static let signature: [UInt8] = [0xFF, 0x74, 0x4F, 0x63, 0, 0, 0, 2]
    private static let namesStart = 8 + 256 * 4

    /// Fails if it is of another version.
    package init(path: String) throws(GitError) {
        file = try ScratchFile(reading: path)
        guard try file.read(0..<Self.signature.count) == Self.signature else {
            throw .invalid("\(path) is no index of a pack, or not of version 2")
        }
        count = try Self.number(file, at: Self.namesStart - 4)
    }

    /// Where the entry of an object begins; nil if the pack does not hold it.
    package func offset(of id: ObjectID) throws(GitError) -> Int? {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            let place = Self.namesStart + middle * ObjectID.byteCount
            guard let found = ObjectID(bytes: try file.read(place..<place + ObjectID.byteCount)) else { return nil }
            if found == id { return try offset(at: middle) }
            if found < id { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    private func offset(at index: Int) throws(GitError) -> Int {
        // Behind the names there is a checksum of four bytes for each.
        let offsets = Self.namesStart + count * (ObjectID.byteCount + 4)
        let offset = try Self.number(file, at: offsets + index * 4)
        guard offset & 0x8000_0000 != 0 else { return offset }
        let far = offsets + count * 4 + (offset & 0x7FFF_FFFF) * 8
        let (high, low) = (try Self.number(file, at: far), try Self.number(file, at: far + 4))
        guard high < 1 << 30 else { throw .invalid("the index of a pack is damaged") }
        return high << 32 | low
    }

    private static func number(_ file: ScratchFile, at place: Int) throws(GitError) -> Int {
        try file.read(place..<place + 4).reduce(0) { $0 << 8 | Int($1) }
    }
}
