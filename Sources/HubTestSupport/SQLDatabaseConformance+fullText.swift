import HubDatabase
import Testing

extension SQLDatabaseConformance {
    static let fullText = [
        Self(rule: "texts are found by whole words, by beginnings of words, and by all of them together") {
            database, dialect in
            try await library(database, dialect)
            #expect(try await found("neo", database) == [1])
            #expect(try await found("mod", database) == [1, 2])
            #expect(try await found("MODEL Tiny", database) == [1])
            #expect(try await found("gpt-neo", database) == [1])
            #expect(try await found("odel", database) == [])
            #expect(try await found("cafe", database) == [2])
        },
        Self(rule: "nothing people type is an operator of the search") { database, dialect in
            try await library(database, dialect)
            for text in [
                "\"", "neo\"", "NOT model", "a OR b", "name:", "(model", "mod*", "^model", "-", "* *", "AND", ":",
            ] {
                _ = try await found(text, database)
            }
            #expect(try await found("tiny OR large", database) == [])
            #expect(dialect.words(" - * ") == nil)
            #expect(dialect.words("") == nil)
        },
        Self(rule: "a text that is gone is not found") { database, dialect in
            try await library(database, dialect)
            try await database.write { connection in
                try connection.execute("DELETE FROM book WHERE rowid = ?", [1])
            }
            #expect(try await found("model", database) == [2])
        },
    ]

    private static func library(_ database: any SQLDatabase, _ dialect: SQLDialect) async throws {
        let statement = dialect.spell("{fulltext book name, body}")
        try await database.write { connection in
            try connection.execute(statement)
            let insert = "INSERT INTO book (rowid, name, body) VALUES (?, ?, ?)"
            try connection.execute(insert, [1, "alice/gpt-neo", "a tiny model"])
            try connection.execute(insert, [2, "bob/café", "a large model"])
        }
    }

    private static func found(_ text: String, _ database: any SQLDatabase) async throws -> [Int] {
        try await database.read { connection in
            guard let words = connection.dialect.words(text) else { return [] }
            return try connection.query(
                "SELECT rowid FROM book WHERE \(connection.dialect.matches("book")) ORDER BY rowid", [words]
            ).map { row in try row.int(0) }
        }
    }
}
