import Foundation
import HubCore
import Hummingbird

/// A URL's query, or a form sent as a body: keys may be there more than once, and `+` is a space.
struct QueryItems {
    private let items: [(name: String, value: String)]

    /// As it came, without the question mark.
    let text: Substring

    init(of request: Request) throws(HubError) {
        let path = request.head.path ?? ""
        try self.init(parsing: path.firstIndex(of: "?").map { path[path.index(after: $0)...] } ?? "")
    }

    init(parsing text: Substring) throws(HubError) {
        self.text = text
        var items: [(name: String, value: String)] = []
        for item in text.split(separator: "&") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = try Self.decode(parts[0])
            items.append((name, parts.count > 1 ? try Self.decode(parts[1]) : ""))
        }
        self.items = items
    }

    private static func decode(_ text: Substring) throws(HubError) -> String {
        guard let decoded = text.replacing("+", with: " ").removingPercentEncoding, !decoded.contains("\0") else {
            throw .invalid("the query or form is not valid percent-encoded UTF-8")
        }
        return decoded
    }

    /// All values of a key, also in the form `key[]`.
    func all(_ name: String, limit: Int = 64) throws(HubError) -> [String] {
        let values = items.filter { $0.name == name || $0.name == "\(name)[]" }.map(\.value)
        guard values.count <= limit else {
            throw .invalid("there are \(values.count) values of \(name); at most \(limit) may be sent at once")
        }
        return values
    }

    func text(_ name: String) -> String? {
        guard let value = items.first(where: { $0.name == name })?.value, !value.isEmpty else { return nil }
        return value
    }

    func flag(_ name: String) throws(HubError) -> Bool? {
        guard let item = items.first(where: { $0.name == name }) else { return nil }
        switch item.value.lowercased() {
        case "true", "1", "": return true
        case "false", "0": return false
        default: throw .invalid("the query's \(name) is '\(item.value.prefix(50))'; expected true or false")
        }
    }

    /// A value that is one of a set of words.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) throws(HubError) -> Word? {
        guard let text = text(name) else { return nil }
        return try Self.word(text, of: name)
    }

    static func word<Word: RawRepresentable<String>>(
        _ text: String,
        of name: String,
        among words: [Word]
    ) throws(HubError) -> Word {
        guard let word = words.first(where: { $0.rawValue == text }) else {
            let known = words.map { "\"\($0.rawValue)\"" }.joined(separator: "|")
            throw .invalid("the query's \(name) is '\(text.prefix(100))'; expected one of \(known)")
        }
        return word
    }

    private static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ text: String,
        of name: String
    ) throws(HubError) -> Word {
        try word(text, of: name, among: Array(Word.allCases))
    }

    /// The query as it came, with another value for one key.
    func replacing(_ name: String, with value: String) -> String {
        let others = text.split(separator: "&").filter { !$0.hasPrefix("\(name)=") }
        return (others.map(String.init) + ["\(name)=\(value)"]).joined(separator: "&")
    }
}
