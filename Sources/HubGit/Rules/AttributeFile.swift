/// A `.gitattributes`, as far as it says what filter files pass (gitattributes(5)).
struct AttributeFile: Sendable {
    /// What is said of the filter.
    enum Filter: Hashable, Sendable {
        /// `filter=NAME`.
        case named(String)
        /// `filter` or `-filter`: there is none.
        case none
        /// `!filter`: as if nothing had been said.
        case unspecified
    }

    private struct Rule {
        let pattern: PathPattern
        let filter: Filter
    }

    /// `[attr]` lines: names that stand for other attributes.
    typealias Macros = [String: Filter]

    private let rules: [Rule]
    let macros: Macros

    /// Reads a file.
    ///
    /// - Parameter macros: Those of the root's file; nil for the root's itself, the only one that may have any.
    init(_ text: [UInt8], macros given: Macros? = nil) {
        var macros = given ?? [:]
        var rules: [Rule] = []
        for line in RuleLines.split(text) {
            guard let (pattern, rest) = Self.pattern(of: line) else { continue }
            let words = rest.split(whereSeparator: RuleLines.isBlank).map { String(decoding: $0, as: UTF8.self) }
            if pattern.starts(with: "[attr]".utf8) {
                guard given == nil, let filter = Self.filter(in: words, macros) else { continue }
                macros[String(decoding: pattern.dropFirst(6), as: UTF8.self)] = filter
                continue
            }
            // Patterns that begin with `!` or end with `/` match nothing here, as git has it.
            guard let filter = Self.filter(in: words, macros), pattern.first != UInt8(ascii: "!"),
                let parsed = PathPattern(pattern), !parsed.matchesDirectoriesOnly
            else { continue }
            rules.append(Rule(pattern: parsed, filter: filter))
        }
        self.rules = rules
        self.macros = macros
    }

    /// What the last fitting line says of a path relative to this file's folder; nil if none says anything.
    func filter(of path: ArraySlice<UInt8>, effort: inout Int) -> Filter? {
        for rule in rules.reversed() where rule.pattern.matches(path, effort: &effort) { return rule.filter }
        return nil
    }

    private static func filter(in words: [String], _ macros: Macros) -> Filter? {
        var found: Filter?
        for word in words {
            if word.hasPrefix("filter=") { found = .named(String(word.dropFirst("filter=".count))) }
            switch word {
            case "filter", "-filter": found = Filter.none
            case "!filter": found = .unspecified
            default: found = macros[word] ?? found
            }
        }
        return found
    }

    /// The first word of a line, which may be quoted, and what follows.
    private static func pattern(of line: ArraySlice<UInt8>) -> (pattern: [UInt8], rest: ArraySlice<UInt8>)? {
        let line = line.drop(while: RuleLines.isBlank)
        guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
        if first == UInt8(ascii: "\""), let quoted = QuotedPath.read(line) { return quoted }
        let end = line.firstIndex(where: RuleLines.isBlank) ?? line.endIndex
        return (Array(line[..<end]), line[end...])
    }
}

/// A path in quotes, as git writes those with special bytes.
private enum QuotedPath {
    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10,
        UInt8(ascii: "v"): 11, UInt8(ascii: "f"): 12, UInt8(ascii: "r"): 13, UInt8(ascii: "\""): UInt8(ascii: "\""),
        UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]

    static func read(_ line: ArraySlice<UInt8>) -> (pattern: [UInt8], rest: ArraySlice<UInt8>)? {
        var text: [UInt8] = []
        var place = line.startIndex + 1
        while place < line.endIndex {
            let byte = line[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return (text, line[place...]) }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard place < line.endIndex else { return nil }
            if let plain = escapes[line[place]] {
                text.append(plain)
                place += 1
            } else {
                let digits = line[place...].prefix(3)
                guard digits.count == 3,
                    let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
                else { return nil }
                text.append(code)
                place += 3
            }
        }
        return nil
    }
}

/// The lines of a file of rules.
enum RuleLines {
    /// No more of a file is read.
    static let byteLimit = 1 << 20

    static func split(_ text: [UInt8]) -> [ArraySlice<UInt8>] {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let start = text.starts(with: mark) ? mark.count : 0
        return text[start...].prefix(byteLimit).split(separator: UInt8(ascii: "\n")).map { line in
            line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        }
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
