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

    /// Reads 40 lowercase hex digits.
    package init(parsing text: some StringProtocol) throws(HubError) {
        guard let bytes = Hex.decode(text), let id = ObjectID(bytes: bytes) else {
            throw .invalid("'\(text.prefix(80))' is not a git object id; expected 40 lowercase hex digits")
        }
        self = id
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

    /// The name is a digest: any part of it is as good as a hash.
    package func hash(into hasher: inout Hasher) { hasher.combine(first) }
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
