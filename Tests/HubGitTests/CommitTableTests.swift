import HubCore
import Testing

import HubGit

@Suite struct CommitTableTests {
    /// A commit made of one letter; its parents are the letters behind it.
    private func table(_ lines: String...) throws -> CommitTable {
        var headers: [CommitID: CommitHeader] = [:]
        for (time, line) in lines.enumerated() {
            let letters = line.filter { $0 != " " }.map { id($0) }
            var text = "tree \(letters[0].hex)\n"
            for parent in letters.dropFirst() { text += "parent \(parent.hex)\n" }
            text += "author A <a> 1 +0000\ncommitter C <c> \(time) +0000\n\nwords"
            headers[letters[0]] = try CommitHeader(parsing: Array(text.utf8))
        }
        var table = CommitTable()
        try table.add(headers.keys.sorted { $0.hex < $1.hex }) { id in
            guard let header = headers[id] else { throw GitError(code: .notFound, message: "\(id)") }
            return header
        }
        return table
    }

    private func id(_ letter: Character) -> ObjectID {
        ObjectID(bytes: [UInt8](repeating: letter.asciiValue ?? 0, count: 20)) ?? .zero
    }

    private func letters(_ table: CommitTable, _ positions: some Sequence<Int>) -> String {
        String(positions.map { Character(Unicode.Scalar(table.ids[$0].bytes[0])) })
    }

    private func place(_ letter: Character, _ table: CommitTable) throws -> Int {
        try #require(table.position(of: id(letter)))
    }

    @Test func `a commit stands behind its parents whatever the order of asking`() throws {
        let table = try table("d bc", "c a", "b a", "a")

        #expect(try place("a", table) < place("b", table))
        #expect(try place("c", table) < place("d", table))
        #expect(letters(table, table.parents(of: try place("d", table))) == "bc")
    }

    @Test func `a merge of many parents keeps all of them`() throws {
        let table = try table("a", "b", "c", "d", "e abcd")

        #expect(letters(table, table.parents(of: try place("e", table))) == "abcd")
    }

    @Test func `what is cut is reached, and what is behind it is not`() throws {
        let table = try table("a", "b a", "c b", "d c")

        let marks = table.reached(from: [try place("d", table)], cuts: [try place("b", table)])

        #expect(letters(table, (0..<table.count).filter { marks[$0] }) == "bcd")
    }

    @Test func `of a criss-cross the newer best ancestor is the merge base`() throws {
        let table = try table("a", "b a", "c a", "d bc", "e bc")

        let base = try #require(table.mergeBase(try place("d", table), try place("e", table)))

        #expect(letters(table, [base]) == "c")
    }

    @Test func `histories that share nothing have no merge base`() throws {
        let table = try table("a", "b")

        #expect(table.mergeBase(try place("a", table), try place("b", table)) == nil)
    }

    @Test func `no commit comes before one that stands on it, although its clock is ahead`() throws {
        let table = try table("b a", "c b", "a")
        let top = try place("c", table)
        var order: [Int] = []

        table.forEach(of: table.reached(from: [top]), from: [top]) { position in
            order.append(position)
            return true
        }

        #expect(letters(table, order) == "cba")
    }

    @Test func `every start must reach a goal`() throws {
        let table = try table("a", "b a", "c a", "d b")
        let (b, c, d) = (try place("b", table), try place("c", table), try place("d", table))

        #expect(table.allReach([d], [b]))
        #expect(!table.allReach([c, d], [b]))
        #expect(table.allReach([b], [b]))
    }

    @Test(arguments: ["", "tree 12\n", "tree \(String(repeating: "g", count: 40))\n"])
    func `a commit without a tree is an error`(text: String) {
        #expect(throws: GitError.self) { try CommitHeader(parsing: Array(text.utf8)) }
    }
}
