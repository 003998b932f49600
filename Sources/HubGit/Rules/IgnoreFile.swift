/// A `.gitignore` (gitignore(5)).
struct IgnoreFile: Sendable {
    private struct Rule {
        let pattern: PathPattern
        let ignores: Bool
    }

    private let rules: [Rule]

    init(_ text: [UInt8]) {
        rules = RuleLines.split(text).compactMap { line in
            var line = Self.withoutTrailingSpaces(line)
            guard let first = line.first, first != UInt8(ascii: "#") else { return nil }
            let ignores = first != UInt8(ascii: "!")
            if !ignores { line = line.dropFirst() }
            return PathPattern(line).map { Rule(pattern: $0, ignores: ignores) }
        }
    }

    /// What the last fitting line says of a path relative to this file's folder; nil if none says anything.
    func ignores(_ path: ArraySlice<UInt8>, isDirectory: Bool, effort: inout Int) -> Bool? {
        for rule in rules.reversed() where isDirectory || !rule.pattern.matchesDirectoriesOnly {
            if rule.pattern.matches(path, effort: &effort) { return rule.ignores }
        }
        return nil
    }

    /// Spaces at the end count only behind a backslash.
    private static func withoutTrailingSpaces(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, RuleLines.isBlank(last) {
            guard line.dropLast().last != UInt8(ascii: "\\") else { break }
            line = line.dropLast()
        }
        return line
    }
}
