/// Row ids as the outside sees them: 24 hex digits, the form the official clients know.
package enum PublicID {
    package static func text(_ rowID: Int64) -> String {
        let digits = String(UInt64(bitPattern: rowID), radix: 16)
        return String(repeating: "0", count: 24 - digits.count) + digits
    }

    /// The row a text of 24 hex digits means, or nil.
    package static func rowID(_ text: String) -> Int64? {
        guard text.utf8.count == 24, let value = Int64(text, radix: 16), value > 0 else { return nil }
        return value
    }
}
