/// The SHA-1 name of a git object.
package struct ObjectID: Hashable, Sendable {
    package static let byteCount = 20

    package let bytes: [UInt8]

    /// Takes exactly 20 bytes; nil for any other number.
    package init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = Array(bytes)
    }

    /// Reads 40 lowercase hex digits.
    package init(parsing text: some StringProtocol) throws(HubError) {
        guard let bytes = Hex.decode(text), bytes.count == Self.byteCount else {
            throw .invalid("'\(text.prefix(80))' is not a git object id; expected 40 lowercase hex digits")
        }
        self.bytes = bytes
    }

    /// Forty zeros: "no object" in git's protocols.
    package static let zero = ObjectID(unchecked: [UInt8](repeating: 0, count: byteCount))

    private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

    package var hex: String { Hex.encode(bytes) }
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
