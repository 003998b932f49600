/// Tokens that are found in a text before anything else looks at it, such as `<|endoftext|>`.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        let content: [UInt8]
        let id: Int32

        /// Whether blanks before or after it belong to it.
        let takesSpaceBefore: Bool
        let takesSpaceAfter: Bool

        /// Whether it must not touch a letter or digit.
        let isWord: Bool
    }

    /// What a text is made of.
    enum Part {
        case text(Range<Int>)
        case token(Int32)
    }

    /// By first byte, the longest first.
    private var tokens: [UInt8: [Token]] = [:]

    init(_ list: [Token]) {
        tokens = Dictionary(grouping: list.filter { !$0.content.isEmpty }, by: \.content[0])
            .mapValues { $0.sorted { $0.content.count > $1.content.count } }
    }

    /// Cuts UTF-8 at the leftmost, then longest, tokens; a token in the middle of a word is passed over whole.
    func split(_ text: ArraySlice<UInt8>) -> [Part] {
        guard !tokens.isEmpty else { return text.isEmpty ? [] : [.text(text.indices)] }
        var parts: [Part] = []
        var done = text.startIndex
        var place = text.startIndex
        while place < text.endIndex {
            guard let token = token(at: place, in: text) else {
                place += 1
                continue
            }
            let match = place..<place + token.content.count
            place = match.upperBound
            guard !token.isWord || standsAlone(match, in: text) else { continue }
            let start =
                token.takesSpaceBefore
                ? max(done, startOfSpace(before: match.lowerBound, in: text)) : match.lowerBound
            if done < start { parts.append(.text(done..<start)) }
            parts.append(.token(token.id))
            done = token.takesSpaceAfter ? endOfSpace(after: match.upperBound, in: text) : match.upperBound
        }
        if done < text.endIndex { parts.append(.text(done..<text.endIndex)) }
        return parts
    }

    private func token(at place: Int, in text: ArraySlice<UInt8>) -> Token? {
        tokens[text[place]]?.first { text[place...].starts(with: $0.content) }
    }

    private func standsAlone(_ match: Range<Int>, in text: ArraySlice<UInt8>) -> Bool {
        last(of: text[..<match.lowerBound])?.isWord != true && first(of: text[match.upperBound...])?.isWord != true
    }

    private func startOfSpace(before end: Int, in text: ArraySlice<UInt8>) -> Int {
        var start = end
        while let scalar = last(of: text[..<start]), scalar.properties.isWhitespace { start -= UTF8.width(scalar) }
        return start
    }

    private func endOfSpace(after start: Int, in text: ArraySlice<UInt8>) -> Int {
        var end = start
        while let scalar = first(of: text[end...]), scalar.properties.isWhitespace { end += UTF8.width(scalar) }
        return end
    }

    // A scalar has four bytes at most; what the cut leaves of its neighbours is not looked at.
    private func first(of text: ArraySlice<UInt8>) -> Unicode.Scalar? {
        String(decoding: text.prefix(4), as: UTF8.self).unicodeScalars.first
    }

    private func last(of text: ArraySlice<UInt8>) -> Unicode.Scalar? {
        String(decoding: text.suffix(4), as: UTF8.self).unicodeScalars.last
    }
}
