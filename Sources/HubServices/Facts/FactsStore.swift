import HubChunks
import HubCore
import HubDatabase
import HubGit

/// Facts by root tree, found out when a revision is published.
package struct FactsStore: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let content: ContentStore

    /// Facts that were found out and are not stored yet, by root tree.
    typealias Found = [ObjectID: RevisionFacts]

    /// Finds out what is not known yet about the trees a push would publish.
    ///
    /// Weights that are the same as before are not opened again.
    func facts(
        of revisions: [PushInspection.Revision],
        open: @escaping @Sendable (RevisionEntry) async throws -> any ByteReader
    ) async throws -> Found {
        let trees = Set(revisions.map(\.tree))
        let (known, before) = try await database.read { connection in
            (
                try trees.filter { tree in try Self.isKnown(tree, in: connection) },
                try revisions.map { try $0.before.flatMap { try Self.find($0, in: connection) } }
            )
        }
        var found: Found = [:]
        for (revision, before) in zip(revisions, before)
        where !known.contains(revision.tree) && found[revision.tree] == nil {
            let reader = FactsReader(revision.entries, changed: revision.changed, since: before, open: open)
            found[revision.tree] = try await reader.facts()
        }
        return found
    }

    /// Finds out and keeps the facts of a commit that was published before they were kept.
    func fill(_ commit: CommitID, in record: RepositoryRecord) async throws {
        let (tree, entries) = try await git.read(record.rowID) { git in
            (
                try git.commit(commit).tree,
                try RevisionEntry.list(at: commit, below: "", recursive: true, git: git)
            )
        }
        let revisions = RevisionService(git: git, content: content)
        let facts = try await FactsReader(entries) { entry in try await revisions.open(entry, in: record) }.facts()
        try await database.write { connection in
            try Self.store([tree: facts], in: connection)
            try Listing.refresh(record.rowID, in: connection)
        }
    }

    static func store(_ found: Found, in connection: any SQLConnection) throws {
        for (tree, facts) in found {
            try connection.execute(
                """
                INSERT INTO revision_facts (tree, edition, body) VALUES (?, ?, ?)
                ON CONFLICT (tree) DO UPDATE SET edition = excluded.edition, body = excluded.body
                """,
                [tree, RevisionFacts.edition, String(decoding: facts.stored.compactText, as: UTF8.self)])
        }
    }

    /// What is known about a tree; nil if nobody has looked yet.
    static func find(_ tree: ObjectID, in connection: any SQLConnection) throws -> RevisionFacts? {
        let row = try connection.queryOne(
            "SELECT body FROM revision_facts WHERE tree = ? AND edition = ?", [tree, RevisionFacts.edition])
        // What is kept may nest as deep as a card and a configuration, and lies some levels deeper here.
        var limits = JSONLimits()
        limits.depth = 80
        return try row.map { row in
            RevisionFacts(stored: try JSONReader.parse(Array(row.string(0).utf8), limits: limits))
        }
    }

    private static func isKnown(_ tree: ObjectID, in connection: any SQLConnection) throws -> Bool {
        try connection.queryOne(
            "SELECT 1 FROM revision_facts WHERE tree = ? AND edition = ?", [tree, RevisionFacts.edition]) != nil
    }
}
