import HubCore

/// What a commit or a tag must be like to be taken in: the rules of `git fsck`, as stock git applies them to a push.
///
/// Trees have rules of their own, ``TreeRules``, because what is wrong with them is wrong at a path.
enum ObjectRules {
    /// The first thing wrong with an object, or nil.
    static func problem(of kind: ObjectKind, _ bytes: [UInt8]) -> String? {
        do {
            switch kind {
            case .commit: try check(commit: bytes)
            case .tag: try check(tag: bytes)
            case .tree, .blob: break
            }
            return nil
        } catch {
            return error.sentence
        }
    }

    /// What is odd about a tag and no reason to refuse it, or nil.
    static func remark(onTag bytes: [UInt8]) -> String? {
        let lines = bytes.split(separator: newline, maxSplits: 4, omittingEmptySubsequences: false)
        guard lines.count > 3, lines[3].starts(with: "tagger ".utf8) else { return "the tag does not say who made it" }
        let name = String(decoding: lines[2].dropFirst("tag ".utf8.count), as: UTF8.self)
        return (try? RefName(tag: name)) == nil ? "the name in the tag is not one git accepts" : nil
    }

    private static let newline = UInt8(ascii: "\n")

    private static func check(commit bytes: [UInt8]) throws(Fault) {
        try checkHeaders(bytes)
        var lines = HeaderLines(bytes)
        try lines.id(after: "tree ", missing: "it names no tree", malformed: "its tree is not an object id")
        while lines.startsWith("parent ") {
            try lines.id(after: "parent ", missing: "", malformed: "a parent is not an object id")
        }
        guard lines.startsWith("author ") else { throw Fault("it names no author") }
        try check(person: lines.rest(after: "author "), "author")
        guard !lines.startsWith("author ") else { throw Fault("it names more than one author") }
        guard lines.startsWith("committer ") else { throw Fault("it names no committer") }
        try check(person: lines.rest(after: "committer "), "committer")
        guard !bytes.contains(0) else { throw Fault("it holds a zero byte") }
    }

    private static func check(tag bytes: [UInt8]) throws(Fault) {
        try checkHeaders(bytes)
        var lines = HeaderLines(bytes)
        try lines.id(after: "object ", missing: "it names no object", malformed: "its object is not an object id")
        guard lines.startsWith("type ") else { throw Fault("it does not say what it tags") }
        guard ["commit", "tree", "blob", "tag"].contains(String(decoding: lines.rest(after: "type "), as: UTF8.self))
        else { throw Fault("it tags something of an unknown type") }
        guard lines.startsWith("tag ") else { throw Fault("it has no name") }
        _ = lines.rest(after: "tag ")
        guard lines.startsWith("tagger ") else { return }
        try check(person: lines.rest(after: "tagger "), "tagger")
    }

    /// No zero byte up to the empty line, and an end.
    private static func checkHeaders(_ bytes: [UInt8]) throws(Fault) {
        var last: UInt8 = 0
        for byte in bytes {
            guard byte != 0 else { throw Fault("its header holds a zero byte") }
            if byte == newline, last == newline { return }
            last = byte
        }
        guard last == newline else { throw Fault("its header does not end") }
    }

    /// `NAME <EMAIL> SECONDS ZONE`.
    private static func check(person line: ArraySlice<UInt8>, _ role: String) throws(Fault) {
        let (open, close) = (UInt8(ascii: "<"), UInt8(ascii: ">"))
        let space = UInt8(ascii: " ")
        guard let start = line.firstIndex(where: { $0 == open || $0 == close }) else {
            throw Fault("its \(role) has no email address")
        }
        guard line[start] == open else { throw Fault("its \(role) has a bad name") }
        guard start > line.startIndex else { throw Fault("its \(role) has no name before the email address") }
        guard line[start - 1] == space else { throw Fault("its \(role) lacks a space before the email address") }
        guard let end = line[(start + 1)...].firstIndex(where: { $0 == open || $0 == close }), line[end] == close
        else { throw Fault("its \(role) has a bad email address") }
        guard end + 1 < line.endIndex, line[end + 1] == space else {
            throw Fault("its \(role) lacks a space before the date")
        }
        let parts = line[(end + 2)...].split(separator: space, maxSplits: 1, omittingEmptySubsequences: false)
        guard let date = parts.first, !date.isEmpty, date.allSatisfy(isDigit), parts.count == 2 else {
            throw Fault("its \(role) has a bad date")
        }
        guard date.count == 1 || date.first != UInt8(ascii: "0") else {
            throw Fault("its \(role)'s date begins with a zero")
        }
        guard Int64(String(decoding: date, as: UTF8.self)) != nil else {
            throw Fault("its \(role)'s date is beyond all time")
        }
        let zone = Array(parts[1])
        guard zone.count == 5, zone[0] == UInt8(ascii: "+") || zone[0] == UInt8(ascii: "-"),
            zone.dropFirst().allSatisfy(isDigit)
        else { throw Fault("its \(role) has a bad time zone") }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    fileprivate struct Fault: Error {
        let sentence: String

        init(_ sentence: String) { self.sentence = sentence }
    }
}

/// The lines at the start of a commit or tag, one after the other.
private struct HeaderLines {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    func startsWith(_ key: String) -> Bool { rest.starts(with: key.utf8) }

    /// What stands behind `key` in this line, which must begin with it.
    mutating func rest(after key: String) -> ArraySlice<UInt8> {
        let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
        defer { rest = rest[min(end + 1, rest.endIndex)...] }
        return rest[min(rest.startIndex + key.utf8.count, end)..<end]
    }

    mutating func id(after key: String, missing: String, malformed: String) throws(ObjectRules.Fault) {
        guard startsWith(key) else { throw ObjectRules.Fault(missing) }
        let word = rest(after: key)
        let digits = Array("0123456789abcdefABCDEF".utf8)
        guard word.count == 2 * ObjectID.byteCount, word.allSatisfy({ digits.contains($0) }) else {
            throw ObjectRules.Fault(malformed)
        }
    }
}
