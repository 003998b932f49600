/// Thirty-two bytes that name something, compared and hashed as four words.
///
/// Shared by ``ContentDigest`` and ``XetHash``, which differ in what they name and how they are written.
package struct Digest256: Hashable, Sendable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    package static let byteCount = 32

    /// All bytes zero.
    package static let zero = Digest256(words: (0, 0, 0, 0))

    /// Takes exactly 32 bytes; nil for any other number.
    package init?(_ bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        var iterator = bytes.makeIterator()
        func word() -> UInt64 {
            var value: UInt64 = 0
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                value |= UInt64(iterator.next() ?? 0) << shift
            }
            return value
        }
        self.init(words: (word(), word(), word(), word()))
    }

    /// Four words, each the little-endian reading of eight bytes.
    package init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

    package var littleEndianWords: [UInt64] { [words.0, words.1, words.2, words.3] }

    package var bytes: [UInt8] {
        littleEndianWords.flatMap { word in
            stride(from: UInt64(0), to: 64, by: 8).map { UInt8(truncatingIfNeeded: word >> $0) }
        }
    }

    package static func == (one: Digest256, other: Digest256) -> Bool {
        one.words.0 == other.words.0 && one.words.1 == other.words.1 && one.words.2 == other.words.2
            && one.words.3 == other.words.3
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(words.0)
        hasher.combine(words.1)
        hasher.combine(words.2)
        hasher.combine(words.3)
    }
}

/// Lowercase hexadecimal, the only text form of a hash on any wire.
package enum Hex {
    private static let digits = Array("0123456789abcdef".utf8)

    package static func encode(_ bytes: some Sequence<UInt8>) -> String {
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads lowercase hex; nil for an odd length or any other character, uppercase included.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let utf8 = Array(text.utf8)
        guard utf8.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count / 2)
        for index in stride(from: 0, to: utf8.count, by: 2) {
            guard let high = value(utf8[index]), let low = value(utf8[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
