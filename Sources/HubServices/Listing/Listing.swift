import HubCore
import HubDatabase
import HubGit

/// What lists and searches look at: one row for each repository, made anew in every transaction that could change it.
enum Listing {
    /// Raised whenever the same facts would make other rows.
    static let edition = 1

    /// Makes the rows of a repository from its default branch, its name and the facts known about its tree.
    ///
    /// Without facts the repository is found by its name alone, until someone fills them in.
    static func refresh(_ rowID: Int64, in connection: any SQLConnection) throws {
        try remove(rowID, in: connection)
        guard let record = try RepositoryRecord.find(rowID: rowID, in: connection) else { return }
        let git = try GitRepository(connection, repository: rowID)
        let commit = try git.ref(git.defaultBranch)?.commit
        let tree = try commit.map { try git.commit($0).tree }
        let facts = try tree.flatMap { try FactsStore.find($0, in: connection) }
        let isComplete = tree == nil || facts != nil
        try connection.execute(
            """
            INSERT INTO listing
                (repository_id, edition, commit_id, tree, pipeline_tag, library_name, parameters)
            VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            [
                rowID, isComplete ? edition : 0, commit, tree, facts?.pipelineTag.map(storable),
                facts?.libraryName.map(storable), facts?.parameterCount,
            ])
        try insert(facts ?? RevisionFacts(), of: record, in: connection)
    }

    /// Removes all rows of a repository, but not its downloads.
    static func remove(_ rowID: Int64, in connection: any SQLConnection) throws {
        for table in ["listing", "listing_tag", "listing_reference"] {
            try connection.execute("DELETE FROM \(table) WHERE repository_id = ?", [rowID])
        }
        try connection.execute("DELETE FROM listing_text WHERE rowid = ?", [rowID])
    }

    private static func insert(
        _ facts: RevisionFacts,
        of record: RepositoryRecord,
        in connection: any SQLConnection
    ) throws {
        let tags = ListingTags.tags(of: record.id.kind, facts)
        for (place, tag) in tags.enumerated() {
            try connection.execute(
                "INSERT INTO listing_tag (repository_id, tag_key, tag, kind, place) VALUES (?, ?, ?, ?, ?)",
                [record.rowID, tag.text.lowercased(), tag.text, tag.kind.rawValue, place])
        }
        for (relation, names) in references(of: record.id.kind, facts) {
            for name in Set(names.map { storable($0).lowercased() }) where name.utf8.count <= 200 {
                try connection.execute(
                    """
                    INSERT INTO listing_reference (repository_id, relation, target_key) VALUES (?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """, [record.rowID, relation.rawValue, name])
            }
        }
        let title = [facts.text("title"), facts.text("pretty_name")].compactMap { $0 }.joined(separator: " ")
        try connection.execute(
            "INSERT INTO listing_text (rowid, name, tags, card) VALUES (?, ?, ?, ?)",
            [
                record.rowID, storable("\(record.id.path) \(title)"), tags.map(\.text).joined(separator: " "),
                facts.cardText,
            ])
    }

    /// The text without zero bytes, which no database keeps, cut to a length no name needs.
    private static func storable(_ text: String) -> String { String(text.replacing("\0", with: "").prefix(1000)) }

    /// How one repository names another in its card.
    enum Relation: String {
        case base
        case model
        case dataset
    }

    private static func references(
        of kind: RepositoryID.Kind,
        _ facts: RevisionFacts
    ) -> [(Relation, [String])] {
        switch kind {
        case .model: [(.base, facts.baseModels)]
        case .space: [(.model, facts.texts("models")), (.dataset, facts.texts("datasets"))]
        case .dataset, .kernel: []
        }
    }

    /// The tags of a repository, in their order.
    static func tags(of rowID: Int64, in connection: any SQLConnection) throws -> [String] {
        try connection.query("SELECT tag FROM listing_tag WHERE repository_id = ? ORDER BY place", [rowID])
            .map { row in try row.string(0) }
    }

    /// Repositories whose rows are missing or of an older edition.
    static func unfinished(limit: Int, after rowID: Int64, in connection: any SQLConnection) throws -> [Int64] {
        try connection.query(
            """
            SELECT repository.id FROM repository LEFT JOIN listing ON listing.repository_id = repository.id
            WHERE (listing.edition IS NULL OR listing.edition <> ?) AND repository.id > ?
            ORDER BY repository.id LIMIT ?
            """, [edition, rowID, limit]
        ).map { row in try row.int64(0) }
    }
}
