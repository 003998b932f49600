/// How text is cut into pieces before byte-pair encoding; each a regular expression of the field, scanned by hand.
enum TextPattern: Sendable, Equatable {
    /// `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
    case gpt2

    /// As GPT-2, with caseless contractions, letters after any one sign, digits in groups of up to so many, and
    /// line ends kept with signs.
    case llama3(digits: Int)

    /// The pattern that a regular expression spells, letter by letter; nil for any other.
    static func named(_ regex: String) -> TextPattern? {
        switch regex {
        case "'s|'t|'re|'ve|'m|'ll|'d" + gpt2Tail, "'(?:[sdmt]|ll|ve|re)" + gpt2Tail: .gpt2
        case llama3Head + #"|\p{N}{1,3}"# + llama3Tail: .llama3(digits: 3)
        case llama3Head + #"|\p{N}"# + llama3Tail: .llama3(digits: 1)
        default: nil
        }
    }

    private static let gpt2Tail = #"| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#
    private static let llama3Head = #"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"#
    private static let llama3Tail = #"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"#

    /// Cuts `range` of `text` into the matches of the pattern, which cover it.
    func split(_ text: ScalarText, _ range: Range<Int>) -> [Range<Int>] {
        let scan = PatternScan(text: text, limit: range.upperBound)
        var pieces: [Range<Int>] = []
        var start = range.lowerBound
        while start < range.upperBound {
            let end =
                switch self {
                case .gpt2: scan.gpt2(start)
                case .llama3(let digits): scan.llama3(start, digits: digits)
                }
            pieces.append(start..<end)
            start = end
        }
        return pieces
    }
}

/// Finds where the match that starts at a place of a text ends; nothing from `limit` on is looked at.
private struct PatternScan {
    let text: ScalarText
    let limit: Int

    func gpt2(_ start: Int) -> Int {
        if let end = contraction(start, caseless: false) { return end }
        let body = text.scalars[start] == " " && start + 1 < limit ? start + 1 : start
        let kind = text.kinds[body]
        return kind == .space ? space(start) : run(body, kind)
    }

    func llama3(_ start: Int, digits: Int) -> Int {
        if let end = contraction(start, caseless: true) { return end }
        let first = text.scalars[start]
        let next = start + 1 < limit ? text.kinds[start + 1] : nil
        switch text.kinds[start] {
        case .letter: return run(start, .letter)
        case .number: return min(run(start, .number), start + digits)
        case .space, .other: break
        }
        if next == .letter, first != "\r", first != "\n" { return run(start + 1, .letter) }
        let body = first == " " && next == .other ? start + 1 : start
        if text.kinds[body] == .other { return lineEnds(run(body, .other)) }
        let blanks = run(start, .space)
        if let line = text.scalars[start..<blanks].lastIndex(where: { $0 == "\r" || $0 == "\n" }) { return line + 1 }
        return space(start)
    }

    /// `\s+(?!\S)|\s+`: all blanks but the last, unless nothing follows.
    private func space(_ start: Int) -> Int {
        let end = run(start, .space)
        return end < limit && end - start > 1 ? end - 1 : end
    }

    private func lineEnds(_ start: Int) -> Int {
        var end = start
        while end < limit, text.scalars[end] == "\r" || text.scalars[end] == "\n" { end += 1 }
        return end
    }

    private func run(_ start: Int, _ kind: ScalarText.Kind) -> Int {
        var end = start
        while end < limit, text.kinds[end] == kind { end += 1 }
        return end
    }

    private func contraction(_ start: Int, caseless: Bool) -> Int? {
        guard text.scalars[start] == "'", start + 1 < limit else { return nil }
        func letter(_ place: Int) -> Unicode.Scalar? {
            guard place < limit else { return nil }
            return caseless ? Self.folded(text.scalars[place]) : text.scalars[place]
        }
        switch (letter(start + 1), letter(start + 2)) {
        case ("s", _), ("t", _), ("m", _), ("d", _): return start + 2
        case ("r", "e"), ("v", "e"), ("l", "l"): return start + 3
        default: return nil
        }
    }

    /// Simple case folding, as far as the letters of contractions go.
    private static func folded(_ scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar.value {
        case 0x41...0x5A: Unicode.Scalar(UInt8(scalar.value) + 32)
        case 0x17F: "s"  // the long s
        default: scalar
        }
    }
}
