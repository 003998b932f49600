import HubCore

/// The bytes around the objects of a pack (gitformat-pack).
enum PackFormat {
    static let signature = Array("PACK".utf8)
    static let headerLength = 12
    static let checksumLength = 20

    static func header(count: Int) -> [UInt8] {
        signature + [0, 0, 0, 2] + (0..<4).map { UInt8(truncatingIfNeeded: count >> (24 - 8 * $0)) }
    }

    /// Kind and inflated size, as they stand before an object's zlib stream.
    static func entryHeader(_ header: ObjectHeader) -> [UInt8] {
        var bytes: [UInt8] = []
        appendEntryHeader(header, to: &bytes)
        return bytes
    }

    /// Adds kind and inflated size, as they stand before an object's zlib stream.
    static func appendEntryHeader(_ header: ObjectHeader, to bytes: inout [UInt8]) {
        appendEntryHeader(header.kind.rawValue, header.size, to: &bytes)
    }

    /// Adds type and inflated size of whatever an entry's zlib stream holds.
    static func appendEntryHeader(_ type: Int, _ size: Int, to bytes: inout [UInt8]) {
        var rest = size >> 4
        var byte = UInt8(type << 4 | size & 15)
        while rest > 0 {
            bytes.append(byte | 0x80)
            byte = UInt8(rest & 0x7F)
            rest >>= 7
        }
        bytes.append(byte)
    }
}

extension PackFormat {
    /// Entry types beyond the four kinds of object: a delta on an earlier entry, and one on an object by name.
    static let offsetDelta = 6
    static let objectDelta = 7

    /// The number of objects a pack says it holds.
    static func readHeader(_ pack: Inflater) throws(GitError) -> Int {
        for (place, byte) in signature.enumerated() where try pack.byte(at: place) != byte {
            throw GitError(code: .invalid, message: "what follows the commands is not a pack")
        }
        let version = try readNumber(pack, at: 4)
        guard version == 2 || version == 3 else {
            throw GitError(code: .invalid, message: "the pack has version \(version); expected 2")
        }
        return try readNumber(pack, at: 8)
    }

    /// Type and size at the start of an entry; `place` moves behind them.
    static func readEntryHeader(_ pack: Inflater, _ place: inout Int) throws(GitError) -> (type: Int, size: Int) {
        var byte = try pack.byte(at: place)
        place += 1
        let type = Int(byte >> 4 & 7)
        var (size, shift) = (Int(byte & 15), 4)
        while byte & 0x80 != 0 {
            guard shift < 56 else { throw GitError(code: .invalid, message: "the pack holds an impossible size") }
            byte = try pack.byte(at: place)
            place += 1
            size |= Int(byte & 0x7F) << shift
            shift += 7
        }
        return (type, size)
    }

    /// How far before its own start an entry's base stands.
    static func readOffset(_ pack: Inflater, _ place: inout Int) throws(GitError) -> Int {
        var byte = try pack.byte(at: place)
        place += 1
        var offset = Int(byte & 0x7F)
        while byte & 0x80 != 0 {
            guard offset < 1 << 48 else {
                throw GitError(code: .invalid, message: "the pack holds an impossible offset")
            }
            byte = try pack.byte(at: place)
            place += 1
            offset = (offset + 1) << 7 | Int(byte & 0x7F)
        }
        return offset
    }

    static func readID(_ pack: Inflater, _ place: inout Int) throws(GitError) -> ObjectID {
        var bytes: [UInt8] = []
        for _ in 0..<ObjectID.byteCount {
            bytes.append(try pack.byte(at: place))
            place += 1
        }
        return ObjectID(bytes: bytes) ?? .zero
    }

    private static func readNumber(_ pack: Inflater, at place: Int) throws(GitError) -> Int {
        var number = 0
        for index in 0..<4 { number = number << 8 | Int(try pack.byte(at: place + index)) }
        return number
    }
}
