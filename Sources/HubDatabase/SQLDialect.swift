/// How one database spells what is not portable.
package struct SQLDialect: Sendable {
    package let identity: String

    /// A primary key of numbers that are given from outside.
    package let key: String
    package let blob: String
    private let fullText: FullText

    package static let sqlite = SQLDialect(
        identity: "INTEGER PRIMARY KEY AUTOINCREMENT", key: "INTEGER PRIMARY KEY", blob: "BLOB", fullText: .fts5)

    /// Writes the placeholders of a statement as this database wants them.
    package func spell(_ statement: String) -> String {
        guard let range = statement.firstRange(of: "{fulltext "), statement.hasSuffix("}") else {
            return statement.replacing("{identity}", with: identity).replacing("{key}", with: key)
                .replacing("{blob}", with: blob)
        }
        let parts = statement[range.upperBound...].dropLast().split(separator: " ", maxSplits: 1)
        return fullText.table(String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
    }

    /// A condition on rows of a full-text table: its one `?` takes what ``words(_:)`` makes.
    package func matches(_ table: String) -> String { fullText.condition(table) }

    /// What people typed, as a search for rows that hold every word of it, or one that begins with it; nil if there is
    /// no word in it.
    ///
    /// Nothing in `text` is an operator, whatever it looks like.
    package func words(_ text: String) -> String? {
        let words = text.split(whereSeparator: \.isWhitespace).prefix(Self.wordLimit)
            .map { word in word.prefix(Self.wordLength) }
            .filter { word in word.contains { $0.isLetter || $0.isNumber } }
        return words.isEmpty ? nil : fullText.search(words.map(String.init))
    }

    private static let wordLimit = 16
    private static let wordLength = 100

    /// A full-text index in one database's words.
    private struct FullText: Sendable {
        /// Makes the table called `name`; it has an integer key `rowid` beside the columns.
        let table: @Sendable (_ name: String, _ columns: String) -> String
        let condition: @Sendable (_ table: String) -> String
        let search: @Sendable (_ words: [String]) -> String

        static let fts5 = FullText(
            table: { name, columns in
                """
                CREATE VIRTUAL TABLE \(name)
                USING fts5(\(columns), tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3 4')
                """
            },
            condition: { table in "\(table) MATCH ?" },
            search: { words in
                words.map { word in "\"\(word.replacing("\"", with: "\"\""))\"*" }.joined(separator: " ")
            }
        )
    }
}
