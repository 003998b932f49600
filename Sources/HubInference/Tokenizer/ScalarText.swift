/// A text as scalars, each with what the patterns want to know of it.
package struct ScalarText {
    package enum Kind: UInt8, Sendable {
        case letter
        case number
        case space
        case other
    }

    private(set) var scalars: [Unicode.Scalar] = []
    private(set) var kinds: [Kind] = []

    init(_ utf8: some Collection<UInt8>, prefixedWithSpace: Bool) {
        let text = String(decoding: utf8, as: UTF8.self).unicodeScalars
        scalars.reserveCapacity(utf8.count + 1)
        if prefixedWithSpace, text.first != " " { scalars.append(" ") }
        scalars += text
        kinds = scalars.map(Kind.init)
    }

    var count: Int { scalars.count }

    /// Replaces `bytes` with the UTF-8 of a range.
    func copy(_ range: Range<Int>, to bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        for scalar in scalars[range] {
            bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
        }
    }
}

extension ScalarText.Kind {
    package init(_ scalar: Unicode.Scalar) {
        if scalar.isASCII {
            self = Self.ascii[Int(scalar.value)]
        } else if scalar.properties.isWhitespace {
            self = .space
        } else if scalar.isLetter, Self.isKnown(scalar) {
            self = .letter
        } else if scalar.isNumber, Self.isKnown(scalar) {
            self = .number
        } else {
            self = .other
        }
    }

    private static let ascii: [Self] = (0..<128).map { code in
        switch UInt8(code) {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): .letter
        case UInt8(ascii: "0")...UInt8(ascii: "9"): .number
        case 9...13, 32: .space
        default: .other
        }
    }

    /// Whether the regular expressions of `tokenizers` know the scalar: theirs is Unicode 16.
    private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
        guard let age = scalar.properties.age else { return false }
        return age.major <= 16
    }
}

extension Unicode.Scalar {
    fileprivate var isLetter: Bool {
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    /// Category N, of whatever Unicode the standard library has.
    package var isNumber: Bool {
        switch properties.generalCategory {
        case .decimalNumber, .letterNumber, .otherNumber: true
        default: false
        }
    }

    /// What regular expressions call `\w`.
    var isWord: Bool {
        switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: properties.isAlphabetic || properties.isJoinControl
        }
    }
}
