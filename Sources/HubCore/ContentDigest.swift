/// The SHA-256 of a file's bytes: what a git-lfs pointer names.
package struct ContentDigest: Hashable, Sendable {
    package let digest: Digest256

    package init(_ digest: Digest256) { self.digest = digest }

    package init?(bytes: some Collection<UInt8>) {
        guard let digest = Digest256(bytes) else { return nil }
        self.digest = digest
    }

    /// Reads 64 lowercase hex digits.
    package init(parsing text: some StringProtocol) throws(HubError) {
        guard let bytes = Hex.decode(text), let digest = Digest256(bytes) else {
            throw .invalid("'\(text.prefix(80))' is not a SHA-256; expected 64 lowercase hex digits")
        }
        self.digest = digest
    }

    package var bytes: [UInt8] { digest.bytes }
    package var hex: String { Hex.encode(digest.bytes) }
}

extension ContentDigest: CustomStringConvertible {
    package var description: String { hex }
}

extension ContentDigest: Codable {
    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hex)
    }
}
