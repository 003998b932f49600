/// One header block of a tar archive (POSIX.1-1988 ustar, and the older form without a magic).
struct TarHeader {
    let name: String
    let size: Int
    let type: UInt8

    static let blockSize = 512

    /// Nil unless the block's checksum is right and its size is a size.
    init?(_ block: [UInt8]) {
        guard block.count >= Self.blockSize, block[0] != 0 else { return nil }
        let sum = (0..<Self.blockSize).reduce(0) { $0 + ((148..<156).contains($1) ? 0x20 : Int(block[$1])) }
        guard Self.octal(block[148..<156]) == sum, let size = Self.size(block[124..<136]) else { return nil }
        self.name = Array(block[0..<100].prefix { $0 != 0 }).printable
        self.size = size
        self.type = block[156]
    }

    private static func octal(_ field: ArraySlice<UInt8>) -> Int? {
        let digits = String(decoding: field, as: UTF8.self).split { $0 == " " || $0 == "\0" }
        return digits.first.flatMap { Int($0, radix: 8) }
    }

    private static func size(_ field: ArraySlice<UInt8>) -> Int? {
        guard field.first == 0x80 else { return octal(field).flatMap { $0 >= 0 ? $0 : nil } }
        let value = field.dropFirst().reduce(UInt64?(0)) { value, byte in
            guard let value, value < 1 << 54 else { return nil }
            return value << 8 | UInt64(byte)
        }
        return value.map { $0.clampedInt }
    }

    /// Whether the block describes a file whose bytes follow, rather than a link, a folder or a note on the next.
    var isFile: Bool { type == 0 || type == UInt8(ascii: "0") || type == UInt8(ascii: "7") }

    /// Whether the bytes that follow say something about the next header.
    var isNote: Bool { "LKxgVNM".utf8.contains(type) }

    /// Whether nothing follows: links, devices and folders.
    var isEmpty: Bool { "123456".utf8.contains(type) }
}
