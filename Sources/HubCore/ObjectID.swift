/// The SHA-1 name of a git object.
///
/// Twenty bytes in place, without an allocation: sets of a million of them are usual.
package struct ObjectID: Hashable, Sendable {
    package static let byteCount = 20

    /// The bytes as big-endian numbers.
    private let first: UInt64
    private let second: UInt64
    private let third: UInt32

    /// Takes exactly 20 bytes; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let whole: ObjectID? = bytes.withContiguousStorageIfAvailable { buffer in
            unsafe ObjectID(loading: UnsafeRawBufferPointer(buffer), at: 0)
        }
        if let whole {
            self = whole
            return
        }
        var (first, second, third): (UInt64, UInt64, UInt32) = (0, 0, 0)
        for (index, byte) in bytes.enumerated() {
            if index < 8 {
                first = first << 8 | UInt64(byte)
            } else if index < 16 {
                second = second << 8 | UInt64(byte)
            } else {
                third = third << 8 | UInt32(byte)
            }
        }
        (self.first, self.second, self.third) = (first, second, third)
    }

    /// Takes the 20 bytes at `offset`; there must be so many.
    package init(loading bytes: UnsafeRawBufferPointer, at offset: Int) {
        unsafe first = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        unsafe second = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self))
        unsafe third = UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset + 16, as: UInt32.self))
    }

    /// Reads 40 lowercase hex digits.
    package init(parsing text: some StringProtocol) throws(HubError) {
        guard let bytes = Hex.decode(text), let id = ObjectID(bytes: bytes) else {
            throw .invalid("'\(text.prefix(80))' is not a git object id; expected 40 lowercase hex digits")
        }
        self = id
    }

    /// Takes exactly 40 lowercase hex digits; nil for anything else.
    package init?(hex digits: ArraySlice<UInt8>) {
        guard digits.count == 2 * Self.byteCount else { return nil }
        var words: (UInt64, UInt64, UInt64) = (0, 0, 0)
        for (index, digit) in digits.enumerated() {
            let value: UInt64
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt64(digit - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = UInt64(digit - UInt8(ascii: "a") + 10)
            default: return nil
            }
            if index < 16 {
                words.0 = words.0 << 4 | value
            } else if index < 32 {
                words.1 = words.1 << 4 | value
            } else {
                words.2 = words.2 << 4 | value
            }
        }
        self.init(words.0, words.1, UInt32(words.2))
    }

    /// Forty zeros: "no object" in git's protocols.
    package static let zero = ObjectID(0, 0, 0)

    private init(_ first: UInt64, _ second: UInt64, _ third: UInt32) {
        (self.first, self.second, self.third) = (first, second, third)
    }

    package var bytes: [UInt8] {
        unsafe [UInt8](unsafeUninitializedCapacity: Self.byteCount) { buffer, count in
            for index in 0..<8 {
                unsafe buffer[index] = UInt8(truncatingIfNeeded: first >> UInt64(56 - 8 * index))
                unsafe buffer[8 + index] = UInt8(truncatingIfNeeded: second >> UInt64(56 - 8 * index))
            }
            for index in 0..<4 {
                unsafe buffer[16 + index] = UInt8(truncatingIfNeeded: third >> UInt32(24 - 8 * index))
            }
            count = Self.byteCount
        }
    }

    package var hex: String { Hex.encode(bytes) }

    /// Appends the forty hex digits.
    package func appendHex(to text: inout [UInt8]) {
        func append(_ word: UInt64, digits: Int) {
            for index in 0..<digits {
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(4 * (digits - 1 - index))) & 15
                text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
            }
        }
        append(first, digits: 16)
        append(second, digits: 16)
        append(UInt64(third), digits: 8)
    }

    /// All of it counts: clients make up names that begin alike.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(first)
        hasher.combine(second)
        hasher.combine(third)
    }
}

/// By their bytes, as databases and packs sort them.
extension ObjectID: Comparable {
    package static func < (one: ObjectID, other: ObjectID) -> Bool {
        if one.first != other.first { return one.first < other.first }
        return one.second != other.second ? one.second < other.second : one.third < other.third
    }
}

extension ObjectID: CustomStringConvertible {
    package var description: String { hex }
}

extension ObjectID: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}

/// The id of a commit.
package typealias CommitID = ObjectID
