extension Array where Element == UInt8 {
    /// The little-endian number of `width` bytes at `place`; zero where the bytes end early.
    func littleEndian(_ place: Int, _ width: Int) -> UInt64 {
        guard place >= 0, place + width <= count else { return 0 }
        return self[place..<place + width].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Whether `prefix` stands at `place`.
    func has(_ prefix: [UInt8], at place: Int = 0) -> Bool {
        place + prefix.count <= count && self[place..<place + prefix.count].elementsEqual(prefix)
    }

    /// The bytes as text for a message: cut short, with controls and broken UTF-8 replaced.
    var printable: String {
        String(
            String.UnicodeScalarView(
                String(decoding: prefix(200), as: UTF8.self).unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse: "\u{FFFD}"
                    default: scalar
                    }
                }
            )
        )
    }
}

extension ArraySlice where Element == UInt8 {
    /// Whether `needle` stands anywhere in the bytes.
    func containsSequence(_ needle: [UInt8]) -> Bool {
        guard count >= needle.count else { return false }
        return (startIndex...endIndex - needle.count).contains { place in
            self[place] == needle[0] && self[place..<place + needle.count].elementsEqual(needle)
        }
    }
}

extension UInt64 {
    /// The number, or the largest `Int` if it is larger.
    var clampedInt: Int { Int(clamping: self) }
}
