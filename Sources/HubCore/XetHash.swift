/// A hash of the Xet protocol: of a chunk, a xorb or a whole file.
///
/// Its text form is the *Xet string*: each of the four little-endian words as sixteen hex digits, so the
/// bytes appear reversed in groups of eight (Xet specification, "hash to string").
package struct XetHash: Hashable, Sendable {
    package let digest: Digest256

    /// The hash of an empty file, and of an empty list of chunks.
    package static let zero = XetHash(.zero)

    package init(_ digest: Digest256) { self.digest = digest }

    package init?(bytes: some Collection<UInt8>) {
        guard let digest = Digest256(bytes) else { return nil }
        self.digest = digest
    }

    /// Reads a Xet string.
    package init(parsing text: some StringProtocol) throws(HubError) {
        guard let bytes = Hex.decode(text), bytes.count == Digest256.byteCount else {
            throw .invalid("'\(text.prefix(80))' is not a Xet hash; expected 64 lowercase hex digits")
        }
        func word(_ index: Int) -> UInt64 { bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
        self.digest = Digest256(words: (word(0), word(1), word(2), word(3)))
    }

    package var bytes: [UInt8] { digest.bytes }

    /// The Xet string.
    package var string: String {
        Hex.encode(
            digest.littleEndianWords.flatMap { word in
                stride(from: UInt64(56), through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> $0) }
            }
        )
    }

    /// The last of the four words, which decides group ends in the Merkle tree and dedup eligibility.
    package var lastWord: UInt64 { digest.littleEndianWords[3] }
}

extension XetHash: CustomStringConvertible {
    package var description: String { string }
}

extension XetHash: Comparable {
    /// The order of Xet strings: the four words numerically, first word first.
    package static func < (one: XetHash, other: XetHash) -> Bool {
        one.digest.littleEndianWords.lexicographicallyPrecedes(other.digest.littleEndianWords)
    }
}

extension XetHash: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(string)
    }
}
