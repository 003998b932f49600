package import HubCore
package import HubDatabase

/// The git side of every repository: objects, refs and default branches in one database.
///
/// Objects are kept once, whoever pushed them. A repository is only ever seen inside a closure that runs on one
/// transaction, as a ``GitRepository``, which hands out nothing its own refs do not reach.
package struct GitStore: Sendable {
    let database: any SQLDatabase
    let caches = GitCaches()

    /// Which repositories have grown, for who calls ``keepClosures(of:)``.
    package let growth = RepositoryGrowth()
    private let openContent: OpenContent?

    /// Opens what the chunk store has under a SHA-256.
    package typealias OpenContent = @Sendable (ContentDigest) async throws -> any ByteReader

    /// - Parameter openContent: Where the bytes of large files are that rest in chunks.
    package init(database: any SQLDatabase, openContent: OpenContent? = nil) {
        Libgit2.start()
        self.database = database
        self.openContent = openContent
    }

    /// Opens a blob that rests in chunks; fails unless there are as many bytes as `header` says.
    func open(_ header: ObjectHeader, in content: ContentDigest?) async throws -> any ByteReader {
        guard let content, let openContent else {
            throw GitError(code: .generic, message: "a git object rests in chunks that cannot be opened here")
        }
        let reader = try await openContent(content)
        guard reader.count == header.size else {
            throw GitError(code: .generic, message: "the content \(content) is not the git object it stands for")
        }
        return reader
    }

    /// The bytes of a blob that rests in chunks.
    func read(_ header: ObjectHeader, in content: ContentDigest?) async throws -> [UInt8] {
        let reader = try await open(header, in: content)
        return try await reader.read(0..<reader.count)
    }

    /// The version of libgit2 in use.
    package static var libraryVersion: String { Libgit2.version }

    /// Runs `body` on repository `id` as it stands in one snapshot.
    ///
    /// A repository nobody has written to is empty; whether it exists is known elsewhere.
    package func read<Result: Sendable>(
        _ id: Int64, _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        try await database.read { connection in
            try body(open(connection, id, asCommitted: true))
        }
    }

    /// Runs `body` on repository `id` in a transaction of its own.
    package func write<Result: Sendable>(
        _ id: Int64, _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        try await database.write { connection in try body(open(connection, id)) }
    }

    /// Writes down what the branches and tags of a repository reach, if much of it is not.
    package func keepClosures(of repository: Int64) async throws {
        guard let parts = try await read(repository, { git in try git.newClosures() }) else { return }
        try await write(repository) { git in
            // It may have been deleted meanwhile.
            guard try !git.isEmpty else { return }
            try ClosureRows(connection: git.connection).replace(parts, of: repository)
        }
    }

    /// For each of `commits` a repository with a ref that leads to it, if there is one other than `excluded`.
    package static func repositories(
        at commits: Set<CommitID>, except excluded: Int64, in connection: any SQLConnection
    ) throws -> [CommitID: Int64] {
        var found: [CommitID: Int64] = [:]
        let sql = "SELECT repository_id, target, peeled FROM git_ref WHERE repository_id <> ?"
        try connection.forEachRow(of: sql, [excluded]) { row in
            let commit = try row.objectID(row.isNull(2) ? 1 : 2)
            if commits.contains(commit), found[commit] == nil { found[commit] = try row.int64(0) }
            return found.count < commits.count
        }
        return found
    }

    /// Opens repository `id` on a transaction that is under way.
    ///
    /// - Parameter asCommitted: Whether the transaction changes nothing, so that what is read may be remembered.
    package func open(
        _ connection: any SQLConnection, _ id: Int64, asCommitted: Bool = false
    ) throws -> GitRepository {
        let repository = try GitRepository(
            connection, repository: id, source: ObjectSource(connection: connection), caches: caches)
        repository.memory.isCommitted = asCommitted
        return repository
    }
}

extension GitStore {
    /// `data` is the object's bytes as a zlib stream; `size` and `kind` are of the bytes in it.
    ///
    /// A row of `git_delta` is how to make an object that also rests whole out of another: `data` is the delta as a
    /// zlib stream, `size` its length, inflated. What a delta stands on was there before it, so that there are no
    /// circles; `depth` counts how many deltas follow each other, itself included.
    ///
    /// `peeled` is what an annotated tag finally points at, and null for anything else.
    package static let migrations = [
        Migration(
            "git-001-objects-and-refs",
            [
                """
                CREATE TABLE git_object (
                    id {blob} PRIMARY KEY, kind INTEGER NOT NULL, size BIGINT NOT NULL, data {blob} NOT NULL)
                """,
                """
                CREATE TABLE git_ref (
                    repository_id BIGINT NOT NULL, name TEXT NOT NULL, target {blob} NOT NULL, peeled {blob},
                    PRIMARY KEY (repository_id, name))
                """,
                """
                CREATE TABLE git_default_branch (repository_id BIGINT PRIMARY KEY, name TEXT NOT NULL)
                """,
            ]),
        // `data` is a delta as a zlib stream, which makes the object `id` of the object `base`; `size` is its length
        // inflated. `depth` is how many such deltas stand on each other, this one included.
        Migration(
            "git-002-deltas",
            [
                """
                CREATE TABLE git_delta (
                    id {blob} PRIMARY KEY, base {blob} NOT NULL, depth INTEGER NOT NULL, size BIGINT NOT NULL,
                    data {blob} NOT NULL)
                """
            ]),
        // Counts the changes of a repository's refs, so that what was read of them is known to be true still.
        Migration(
            "git-003-ref-versions",
            ["CREATE TABLE git_ref_version (repository_id BIGINT PRIMARY KEY, version BIGINT NOT NULL)"]),
        // `name_key` is the name without case, by which names that clash are found.
        Migration(
            "git-004-ref-keys",
            [
                "ALTER TABLE git_ref ADD COLUMN name_key TEXT NOT NULL DEFAULT ''",
                "UPDATE git_ref SET name_key = LOWER(name)",
                "CREATE INDEX git_ref_by_key ON git_ref (repository_id, name_key)",
            ]),
        // Blobs whose bytes are in the chunk store, under the SHA-256 `content`; their `data` is empty.
        Migration(
            "git-005-chunked-blobs",
            ["CREATE TABLE git_chunked (id {blob} PRIMARY KEY, content {blob} NOT NULL)"]),
        // Objects get numbers in the order they come, by which packs read them one after the other: `object` and
        // `base_object` are such numbers.
        Migration(
            "git-006-numbers",
            [
                """
                CREATE TABLE git_object_numbered (
                    number {identity}, id {blob} NOT NULL UNIQUE, kind INTEGER NOT NULL, size BIGINT NOT NULL,
                    data {blob} NOT NULL)
                """,
                """
                INSERT INTO git_object_numbered (id, kind, size, data) SELECT id, kind, size, data FROM git_object
                """,
                "DROP TABLE git_object",
                "ALTER TABLE git_object_numbered RENAME TO git_object",
                """
                CREATE TABLE git_delta_numbered (
                    object {key}, base_object BIGINT NOT NULL, base {blob} NOT NULL, depth INTEGER NOT NULL,
                    size BIGINT NOT NULL, data {blob} NOT NULL)
                """,
                """
                INSERT INTO git_delta_numbered (object, base_object, base, depth, size, data)
                SELECT made.number, under.number, git_delta.base, git_delta.depth, git_delta.size, git_delta.data
                FROM git_delta
                JOIN git_object AS made ON made.id = git_delta.id
                JOIN git_object AS under ON under.id = git_delta.base
                """,
                "DROP TABLE git_delta",
                "ALTER TABLE git_delta_numbered RENAME TO git_delta",
            ]),
        // The numbers of all objects that the commits `tips` reach and those of the parts before do not.
        Migration(
            "git-007-closures",
            [
                """
                CREATE TABLE git_closure (
                    repository_id BIGINT NOT NULL, part INTEGER NOT NULL, tips {blob} NOT NULL,
                    objects {blob} NOT NULL, PRIMARY KEY (repository_id, part))
                """
            ]),
        // Objects that no ref reached when a sweep looked, the time of the first that found it so, and what finds the
        // deltas that stand on an object.
        Migration(
            "git-008-unreached",
            [
                "CREATE TABLE git_unreached (number {key}, since BIGINT NOT NULL)",
                "CREATE INDEX git_delta_by_base ON git_delta (base_object)",
            ]),
    ]
}
