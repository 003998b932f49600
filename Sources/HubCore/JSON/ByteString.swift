/// Valid UTF-8, compared byte by byte.
///
/// Swift's `String` compares canonically equivalent texts as equal, which merges tokens and tensor names
/// that are different; this type never does.
package struct ByteString: Hashable, Sendable {
    package let bytes: [UInt8]

    /// The caller promises that `bytes` are valid UTF-8.
    package init(validated bytes: [UInt8]) { self.bytes = bytes }

    package init(_ string: String) { self.bytes = Array(string.utf8) }

    package var string: String { String(decoding: bytes, as: UTF8.self) }

    package func hash(into hasher: inout Hasher) {
        unsafe bytes.withUnsafeBytes { unsafe hasher.combine(bytes: $0) }
    }

    package static func == (one: ByteString, other: ByteString) -> Bool { one.bytes == other.bytes }
}

extension ByteString: Comparable {
    package static func < (one: ByteString, other: ByteString) -> Bool {
        one.bytes.lexicographicallyPrecedes(other.bytes)
    }
}

extension ByteString: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}

extension ByteString: CustomStringConvertible {
    package var description: String { string }
}
