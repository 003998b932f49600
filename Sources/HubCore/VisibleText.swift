/// Text that others wrote, made fit to be shown.
extension StringProtocol {
    /// The text with every character that is not seen written as `\u{202E}`: control characters, those that turn
    /// the direction of what follows, and those without any width.
    ///
    /// For names: two that differ look different.
    package var spelledOut: String { replacing { $0.isUnseen } }

    /// The text with what could take over a terminal, or turn the direction of what it shows, written as `\u{1B}`.
    ///
    /// For prose: line ends and tabs stay, and so do the joiners that some scripts and emoji need.
    package var safeForTerminal: String {
        replacing { ($0.isControl && $0 != "\n" && $0 != "\t") || $0.turnsDirection }
    }

    /// The text of a JSON document with the same characters as ``spelledOut`` written in JSON's own way.
    ///
    /// They can only stand inside of strings there; line ends and tabs between values stay.
    package var spelledOutInJSON: String {
        guard unicodeScalars.contains(where: \.isUnseen) else { return String(self) }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            guard scalar.isUnseen, scalar.value >= 0x7F else {
                text.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 { text.append(contentsOf: "\\u\(hex(UInt32(unit)))".unicodeScalars) }
        }
        return String(text)
    }

    private func replacing(_ isReplaced: (Unicode.Scalar) -> Bool) -> String {
        guard unicodeScalars.contains(where: isReplaced) else { return String(self) }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if isReplaced(scalar) {
                text.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            } else {
                text.append(scalar)
            }
        }
        return String(text)
    }

    private func hex(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }
}

extension Unicode.Scalar {
    /// Whether nothing is shown for it.
    package var isUnseen: Bool {
        isControl || turnsDirection || Self.withoutWidth.contains(value) || (0xE0000...0xE007F).contains(value)
    }

    /// C0, DEL and C1: to a terminal some of them begin commands.
    fileprivate var isControl: Bool { value < 0x20 || (0x7F...0x9F).contains(value) }

    /// The marks, embeddings, overrides and isolates of bidirectional text, and the separators of lines.
    fileprivate var turnsDirection: Bool {
        switch value {
        case 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x206F: true
        default: false
        }
    }

    /// Zero-width spaces and joiners, and what only serves programs.
    private static let withoutWidth: Set<UInt32> = [
        0xAD, 0x34F, 0x180E, 0x200B, 0x200C, 0x200D, 0x2060, 0x2061, 0x2062, 0x2063, 0x2064, 0xFEFF,
    ]
}
