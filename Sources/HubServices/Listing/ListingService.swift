package import HubCore
import HubDatabase
import HubGit

/// Shows repositories, one or many.
package struct ListingService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let facts: FactsStore
    let validation: ValidationService

    /// What to tell of a repository.
    package struct Wish: Sendable {
        package var properties: Set<RepositoryProperty>

        /// Whether sizes and ids of the files are wanted too.
        package var blobs = false

        package init(_ properties: Set<RepositoryProperty>, blobs: Bool = false) {
            self.properties = properties
            self.blobs = blobs
        }
    }

    /// One repository at a revision; nil is the default branch.
    package func show(
        _ id: RepositoryID,
        at revision: String?,
        _ wish: Wish,
        for caller: Caller
    ) async throws -> RepositoryDescription {
        let description = try await read(id, at: revision, wish, for: caller)
        guard description.lacksFacts, let commit = description.commit else { return description }
        try await facts.fill(commit, in: description.record)
        return try await read(id, at: revision, wish, for: caller)
    }

    private func read(
        _ id: RepositoryID,
        at revision: String?,
        _ wish: Wish,
        for caller: Caller
    ) async throws -> RepositoryDescription {
        try await database.read { connection in
            let record = try Access.repository(id, for: caller, as: .see, in: connection)
            let git = try self.git.open(connection, record.rowID, asCommitted: true)
            let commit = try RevisionService.resolve(revision, git: git)
            let reader = RepositoryDescription.Reader(
                caller: caller, wanted: wish.properties, withBlobs: wish.blobs)
            return try RepositoryDescription(of: record, at: commit, for: reader, git: git, in: connection)
        }
    }

    /// A part of a list, and where it goes on.
    package struct Page: Sendable {
        package let repositories: [RepositoryDescription]
        package let next: ListingQuery.Cursor?
    }

    /// The next repositories of a list that the caller may see.
    ///
    /// A page ends early when it names very many files.
    package func list(_ query: ListingQuery, _ wish: Wish, for caller: Caller) async throws -> Page {
        try await database.read { connection in
            let (sql, values) = query.statement(for: caller, dialect: connection.dialect)
            let found = try connection.query(sql, values).map { row in
                ListingQuery.Cursor(value: try row.int64(1), rowID: try row.int64(0))
            }
            let reader = RepositoryDescription.Reader(
                caller: caller, wanted: wish.properties, withBlobs: wish.blobs)
            var page: [RepositoryDescription] = []
            var files = 0
            for place in found.prefix(query.limit) where files < Self.filesPerPage {
                guard let described = try describe(place.rowID, for: reader, in: connection) else { continue }
                files += described.siblings?.count ?? 0
                page.append(described)
            }
            let hasMore = found.count > page.count && !page.isEmpty
            return Page(repositories: page, next: hasMore ? found[page.count - 1] : nil)
        }
    }

    private static let filesPerPage = 20_000

    private func describe(
        _ rowID: Int64,
        for reader: RepositoryDescription.Reader,
        in connection: any SQLConnection
    ) throws -> RepositoryDescription? {
        guard let record = try RepositoryRecord.find(rowID: rowID, in: connection) else { return nil }
        guard !reader.wanted.contains(.siblings) else {
            let git = try git.open(connection, rowID, asCommitted: true)
            let commit = try RevisionService.resolve(nil, git: git)
            return try RepositoryDescription(of: record, at: commit, for: reader, git: git, in: connection)
        }
        let row = try connection.queryOne("SELECT commit_id, tree FROM listing WHERE repository_id = ?", [rowID])
        let head = try row.map { row in (try row.optional(0, row.objectID), try row.optional(1, row.objectID)) }
        return try RepositoryDescription(
            of: record, at: head?.0, tree: head?.1, for: reader, in: connection)
    }

    // MARK: Around them

    /// Whether the revision was scanned, and what was found.
    package func security(of description: RepositoryDescription) async throws -> SecurityStatus {
        guard let commit = description.commit else { return SecurityStatus(isDone: true, issues: []) }
        let report: ValidationReport
        do {
            report = try await validation.report(at: commit, in: description.record, waiting: 0)
        } catch HubError.notFound {
            // Nothing but the hub's own first commit goes without a report.
            return SecurityStatus(isDone: true, issues: [])
        }
        return SecurityStatus(report)
    }

    /// All tags of the public repositories of a kind, under their headings.
    package func tagsByKind(_ kind: RepositoryID.Kind) async throws -> [ListingTag.Kind: [String]] {
        try await database.read { connection in
            let rows = try connection.query(
                """
                SELECT listing_tag.kind, MIN(listing_tag.tag), COUNT(*) FROM listing_tag
                JOIN repository ON repository.id = listing_tag.repository_id
                WHERE repository.kind = ? AND \(Access.visibility(for: .anonymous).condition)
                GROUP BY listing_tag.kind, listing_tag.tag_key ORDER BY 3 DESC, 2 LIMIT ?
                """, [kind.rawValue, Self.tagLimit])
            var tags: [ListingTag.Kind: [String]] = [:]
            for row in rows {
                guard let heading = ListingTag.Kind(rawValue: try row.string(0)) else { continue }
                tags[heading, default: []].append(try row.string(1))
            }
            return tags
        }
    }

    private static let tagLimit = 10_000
}

/// What the security scan of a revision came to.
package struct SecurityStatus: Sendable {
    package struct Issue: Sendable, Hashable {
        package let path: String

        /// `unsafe` or `caution`.
        package let level: String
    }

    package let isDone: Bool
    package let issues: [Issue]

    init(isDone: Bool, issues: [Issue]) {
        self.isDone = isDone
        self.issues = issues
    }

    init(_ report: ValidationReport) {
        isDone = report.state == .done
        var worst: [String: Finding.Severity] = [:]
        for finding in report.findings where finding.severity > .note && !finding.path.isEmpty {
            worst[finding.path] = max(worst[finding.path] ?? .note, finding.severity)
        }
        issues = worst.sorted { $0.key < $1.key }.map { path, severity in
            Issue(path: path, level: severity == .error ? "unsafe" : "caution")
        }
    }
}
