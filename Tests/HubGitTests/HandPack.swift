import HubGit

/// Packs no honest client would make.
enum HandPack {
    enum Entry: Sendable {
        case blob(String)
        /// A blob of five bytes whose header says another length.
        case blobClaiming(Int)
        case typed(Int)
        case deltaAt(distance: Int)
        case deltaOnObject(String)
        /// On the entry before.
        case deltaBytes([UInt8])
        /// Copies all of the entry before, and up to `grow` bytes of it again.
        case deltaOnPrevious(grow: Int)
    }

    static func bytes(_ entries: [Entry], claimed: Int? = nil) throws -> [UInt8] {
        var pack = Array("PACK".utf8) + bigEndian(2) + bigEndian(claimed ?? entries.count)
        var (previous, previousSize) = (0, 0)
        for entry in entries {
            let offset = pack.count
            switch entry {
            case .blob(let text):
                pack += header(3, text.utf8.count) + zlib(Array(text.utf8))
                previousSize = text.utf8.count
            case .blobClaiming(let size): pack += header(3, size) + zlib(Array("12345".utf8))
            case .typed(let type): pack += header(type, 1) + zlib([0x78])
            case .deltaAt(let distance):
                let delta = size(5) + size(5) + [0x90, 5]
                pack += header(6, delta.count) + distanceBytes(distance) + zlib(delta)
            case .deltaOnObject(let hex):
                let delta = size(5) + size(5) + [0x90, 5]
                let id = stride(from: 0, to: 40, by: 2).compactMap { UInt8(hex.dropFirst($0).prefix(2), radix: 16) }
                pack += header(7, delta.count) + id + zlib(delta)
            case .deltaBytes(let delta):
                pack += header(6, delta.count) + distanceBytes(offset - previous) + zlib(delta)
            case .deltaOnPrevious(let grow):
                let more = min(grow, previousSize, 0xFFFF)
                let delta = size(previousSize) + size(previousSize + more) + copy(previousSize) + copy(more)
                pack += header(6, delta.count) + distanceBytes(offset - previous) + zlib(delta)
                previousSize += more
            }
            previous = offset
        }
        return withChecksum(pack)
    }

    /// A pack of entries that are made already.
    static func bytes(ofParts parts: [[UInt8]]) -> [UInt8] {
        withChecksum(Array("PACK".utf8) + bigEndian(2) + bigEndian(parts.count) + parts.flatMap(\.self))
    }

    /// An entry of a pack: what it is, its inflated size, and all that follows these.
    static func entry(_ type: Int, _ size: Int, _ rest: [UInt8]) -> [UInt8] { header(type, size) + rest }

    static func withChecksum(_ pack: [UInt8]) -> [UInt8] { pack + SHA1.digest(pack) }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func header(_ type: Int, _ size: Int) -> [UInt8] {
        var (rest, bytes) = (size >> 4, [UInt8(type << 4 | size & 15)])
        while rest > 0 {
            bytes[bytes.count - 1] |= 0x80
            bytes.append(UInt8(rest & 0x7F))
            rest >>= 7
        }
        return bytes
    }

    static func size(_ size: Int) -> [UInt8] {
        size < 0x80 ? [UInt8(size)] : [UInt8(size & 0x7F | 0x80)] + Self.size(size >> 7)
    }

    static func distanceBytes(_ distance: Int) -> [UInt8] {
        var (rest, bytes) = (distance >> 7, [UInt8(distance & 0x7F)])
        while rest > 0 {
            rest -= 1
            bytes.insert(UInt8(rest & 0x7F) | 0x80, at: 0)
            rest >>= 7
        }
        return bytes
    }

    /// Copies the first `count` bytes of the base, in as many instructions as that takes.
    private static func copy(_ count: Int) -> [UInt8] {
        stride(from: 0, to: count, by: 0xFFFF).flatMap { start in
            let length = min(0xFFFF, count - start)
            let offset = [0, 8, 16, 24].map { UInt8(start >> $0 & 0xFF) }
            return [0xBF] + offset + [UInt8(length & 0xFF), UInt8(length >> 8)]
        }
    }

    /// A zlib stream that stores and does not compress.
    static func zlib(_ bytes: [UInt8]) -> [UInt8] {
        var stream: [UInt8] = [0x78, 0x01]
        for start in stride(from: 0, to: max(bytes.count, 1), by: 0xFFFF) {
            let piece = bytes[start..<min(start + 0xFFFF, bytes.count)]
            let length = [UInt8(piece.count & 0xFF), UInt8(piece.count >> 8)]
            stream += [start + 0xFFFF >= bytes.count ? 1 : 0] + length + length.map { ~$0 } + piece
        }
        var (low, high) = (1, 0)
        for byte in bytes {
            low = (low + Int(byte)) % 65521
            high = (high + low) % 65521
        }
        return stream + bigEndian(high << 16 | low)
    }
}
