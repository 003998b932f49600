package import HubDatabase

/// The git side of every repository: objects, refs and default branches in one database.
///
/// Objects are kept once, whoever pushed them. A repository is only ever seen inside a closure that runs on one
/// transaction, as a ``GitRepository``, which hands out nothing its own refs do not reach.
package struct GitStore: Sendable {
    let database: any SQLDatabase

    package init(database: any SQLDatabase) {
        Libgit2.start()
        self.database = database
    }

    /// The version of libgit2 in use.
    package static var libraryVersion: String { Libgit2.version }

    /// Runs `body` on repository `id` as it stands in one snapshot.
    ///
    /// A repository nobody has written to is empty; whether it exists is known elsewhere.
    package func read<Result: Sendable>(
        _ id: Int64, _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        try await database.read { connection in try body(GitRepository(connection, repository: id)) }
    }

    /// Runs `body` on repository `id` in a transaction of its own.
    package func write<Result: Sendable>(
        _ id: Int64, _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        try await database.write { connection in try body(GitRepository(connection, repository: id)) }
    }
}

extension GitStore {
    /// `data` is the object's bytes as a zlib stream; `size` and `kind` are of the bytes in it.
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
            ])
    ]
}
