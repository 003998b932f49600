/// How text is cut into pieces before byte-pair encoding; each a regular expression of the field, scanned by hand.
enum TextPattern: Sendable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2

    /// As GPT-2, with caseless contractions, letters after any one sign, digits in groups of up to so many, and
    /// line ends kept with signs.
    case llama3(digits: Int)

    static func named(_ regex: String) -> TextPattern? {
        if regex.hasPrefix("'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+|") { return .gpt2 }
        guard regex.hasPrefix("(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|") else { return nil }
        if regex.contains("\\p{N}{1,3}|") { return .llama3(digits: 3) }
        return regex.contains("|\\p{N}| ?") ? .llama3(digits: 1) : nil
    }

    /// Cuts `text` into the matches of the pattern, which cover it.
    func split(_ text: [Unicode.Scalar]) -> [Range<Int>] {
        var pieces: [Range<Int>] = []
        var start = 0
        while start < text.count {
            let end = max(start + 1, self.end(text, start))
            pieces.append(start..<end)
            start = end
        }
        return pieces
    }

    private func end(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        switch self {
        case .gpt2: gpt2(text, start)
        case .llama3(let digits): llama3(text, start, digits: digits)
        }
    }

    private func gpt2(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        if let end = contraction(text, start, caseless: false) { return end }
        let body = text[start] == " " && start + 1 < text.count ? start + 1 : start
        for kind in [Kind.letter, .number, .other] where Kind(text[body]) == kind { return run(text, body, kind) }
        return space(text, start)
    }

    private func llama3(_ text: [Unicode.Scalar], _ start: Int, digits: Int) -> Int {
        if let end = contraction(text, start, caseless: true) { return end }
        let first = text[start]
        if Kind(first) == .letter { return run(text, start, .letter) }
        let next = start + 1 < text.count ? Kind(text[start + 1]) : nil
        if Kind(first) != .number, first != "\r", first != "\n", next == .letter {
            return run(text, start + 1, .letter)
        }
        if Kind(first) == .number { return min(run(text, start, .number), start + digits) }
        let body = first == " " && next == .other ? start + 1 : start
        if Kind(text[body]) == .other {
            var end = run(text, body, .other)
            while end < text.count, text[end] == "\r" || text[end] == "\n" { end += 1 }
            return end
        }
        let blanks = run(text, start, .space)
        if let line = text[start..<blanks].lastIndex(where: { $0 == "\r" || $0 == "\n" }) { return line + 1 }
        return space(text, start)
    }

    /// `\s+(?!\S)|\s+`: all blanks but the last, unless nothing follows.
    private func space(_ text: [Unicode.Scalar], _ start: Int) -> Int {
        let end = run(text, start, .space)
        return end < text.count && end - start > 1 ? end - 1 : end
    }

    private func contraction(_ text: [Unicode.Scalar], _ start: Int, caseless: Bool) -> Int? {
        guard text[start] == "'" else { return nil }
        for ending in ["s", "t", "re", "ve", "m", "ll", "d"] {
            let wanted = Array(ending.unicodeScalars)
            guard start + wanted.count < text.count else { continue }
            let found = text[start + 1...start + wanted.count].map { caseless ? Self.lower($0) : $0 }
            if found == wanted { return start + 1 + wanted.count }
        }
        return nil
    }

    private static func lower(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        scalar.properties.lowercaseMapping.unicodeScalars.first ?? scalar
    }

    private func run(_ text: [Unicode.Scalar], _ start: Int, _ kind: Kind) -> Int {
        var end = start
        while end < text.count, Kind(text[end]) == kind { end += 1 }
        return end
    }

    private enum Kind {
        case letter
        case number
        case space
        case other

        init(_ scalar: Unicode.Scalar) {
            if scalar.properties.isWhitespace {
                self = .space
                return
            }
            switch scalar.properties.generalCategory {
            case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: self = .letter
            case .decimalNumber, .letterNumber, .otherNumber: self = .number
            default: self = .other
            }
        }
    }
}
