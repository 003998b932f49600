import HubChunks
package import HubCore
import HubDatabase
import HubGit

/// A repository at one revision, as far as someone asked to know.
package struct RepositoryDescription: Sendable {
    /// One file.
    package struct Sibling: Sendable {
        package let path: String

        /// What more is known of it, if that was asked for.
        package let entry: RevisionEntry?
    }

    package let record: RepositoryRecord

    /// What was asked for; the rest is not to be told.
    package let wanted: Set<RepositoryProperty>
    package let commit: CommitID?
    package let tree: ObjectID?

    /// Nil while nobody has looked at the files.
    package private(set) var facts: RevisionFacts?

    /// Whether the caller may read the files, and not only see that they are there.
    private let mayRead: Bool
    package private(set) var tags: [String] = []
    package private(set) var popularity = Popularity()
    package private(set) var siblings: [Sibling]?

    /// Bytes of all large files in the whole history.
    package private(set) var usedStorage: Int?

    /// Models made from this one, as far as the caller may see them.
    package private(set) var childrenCount: Int?

    /// Spaces that make use of this model, as far as the caller may see them.
    package private(set) var spaces: [String]?
    package private(set) var upstream: RepositoryID?

    /// The caller for whose eyes this is, and what of the files to tell.
    struct Reader {
        let caller: Caller
        let wanted: Set<RepositoryProperty>

        /// Whether sizes and ids of files are wanted too.
        var withBlobs = false
    }

    /// Reads all that is wanted in one snapshot.
    ///
    /// - Parameter commit: Nil for a repository without commits.
    init(
        of record: RepositoryRecord,
        at commit: CommitID?,
        for reader: Reader,
        git: borrowing GitRepository,
        in connection: any SQLConnection
    ) throws {
        let tree = try commit.map { try git.commit($0).tree }
        try self.init(of: record, at: commit, tree: tree, for: reader, in: connection)
        guard reader.wanted.contains(.siblings) else { return }
        siblings = try commit.map { try Self.siblings(at: $0, withBlobs: reader.withBlobs, git: git) } ?? []
    }

    /// The same for a commit whose tree is known, without its files.
    init(
        of record: RepositoryRecord,
        at commit: CommitID?,
        tree: ObjectID?,
        for reader: Reader,
        in connection: any SQLConnection
    ) throws {
        self.record = record
        self.commit = commit
        self.tree = tree
        wanted = reader.wanted
        mayRead = try record.gate == nil || Access.mayRead(record.rowID, reader.caller, in: connection)
        if let tree, !reader.wanted.isDisjoint(with: Self.ofFacts) {
            facts = try FactsStore.find(tree, in: connection)
        }
        if let facts { tags = ListingTags.tags(of: record.id.kind, facts).map(\.text) }
        popularity = try Popularity.find(record.rowID, in: connection)
        if reader.wanted.contains(.usedStorage) {
            usedStorage = try ContentStore.linkedBytes(scope: record.rowID, in: connection)
        }
        if reader.wanted.contains(.childrenModelCount) {
            childrenCount = try Self.count(.base, of: record.id, for: reader.caller, in: connection)
        }
        if reader.wanted.contains(.spaces) {
            spaces = try Self.names(.model, of: record.id, for: reader.caller, in: connection)
        }
        upstream = try record.upstreamID.flatMap { upstream in
            guard try Access.maySee(upstream, reader.caller, in: connection) else { return nil }
            return try RepositoryRecord.find(rowID: upstream, in: connection)?.id
        }
    }

    /// Whether something was wanted that nobody has found out yet.
    var lacksFacts: Bool { tree != nil && facts == nil && !wanted.isDisjoint(with: Self.ofFacts) }

    /// The parts of `config.json` and its neighbours, as far as the caller may read them.
    package var config: JSONValue? { mayRead ? facts?.config : facts?.config?.without(Self.textsOfConfig) }

    /// What a GGUF file says of itself, as far as the caller may read it.
    package var gguf: JSONValue? { mayRead ? facts?.gguf : facts?.gguf?.without(Self.textsOfGGUF) }

    /// The token that stands for a gap in a text, if the caller may read the tokenizer.
    package var maskToken: String? { mayRead ? facts?.maskToken : nil }

    /// Results of evaluations, if the caller may read the files that tell them.
    package var evaluations: JSONValue? { mayRead ? facts?.evaluations : nil }

    /// What is not metadata but what stands in files.
    private static let textsOfConfig: Set<String> = ["tokenizer_config", "chat_template_jinja"]
    private static let textsOfGGUF: Set<String> = ["chat_template", "bos_token", "eos_token"]

    /// What can be told only by someone who has looked at the files.
    private static let ofFacts: Set<RepositoryProperty> = [
        .baseModels, .cardData, .citation, .config, .datasets, .description, .evalResults, .gguf, .libraryName,
        .mainSize, .maskToken, .modelIndex, .models, .papersWithCodeID, .pipelineTag, .safetensors, .sdk, .tags,
        .transformersInfo, .widgetData,
    ]

    private static func siblings(
        at commit: CommitID,
        withBlobs: Bool,
        git: borrowing GitRepository
    ) throws -> [Sibling] {
        guard withBlobs else {
            return try git.tree(of: commit, recursive: true).filter { $0.mode != .directory }
                .map { Sibling(path: $0.path, entry: nil) }
        }
        return try RevisionEntry.list(at: commit, below: "", recursive: true, git: git).filter { !$0.isFolder }
            .map { Sibling(path: $0.path, entry: $0) }
    }

    // MARK: Who names it

    private static func count(
        _ relation: Listing.Relation,
        of id: RepositoryID,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> Int {
        let visibility = Access.visibility(for: caller)
        return try connection.queryOne(
            """
            SELECT COUNT(*) FROM listing_reference
            JOIN repository ON repository.id = listing_reference.repository_id
            WHERE listing_reference.target_key = ? AND listing_reference.relation = ? AND \(visibility.condition)
            """, [id.path.lowercased(), relation.rawValue] + visibility.values
        )?.int(0) ?? 0
    }

    private static let nameLimit = 100

    private static func names(
        _ relation: Listing.Relation,
        of id: RepositoryID,
        for caller: Caller,
        in connection: any SQLConnection
    ) throws -> [String] {
        let visibility = Access.visibility(for: caller)
        return try connection.query(
            """
            SELECT account.name, repository.name FROM listing_reference
            JOIN repository ON repository.id = listing_reference.repository_id
            JOIN account ON account.id = repository.owner_id
            WHERE listing_reference.target_key = ? AND listing_reference.relation = ? AND \(visibility.condition)
            ORDER BY repository.id DESC LIMIT ?
            """, [id.path.lowercased(), relation.rawValue] + visibility.values + [nameLimit]
        ).map { row in "\(try row.string(0))/\(try row.string(1))" }
    }
}

extension JSONValue {
    /// An object that lacks some of its members.
    fileprivate func without(_ keys: Set<String>) -> JSONValue {
        guard let object else { return self }
        let left = Set(keys.map { ByteString($0) })
        var rest = JSONObject()
        for (key, value) in object.members where !left.contains(key) { rest.set(key, value) }
        return .object(rest)
    }
}
