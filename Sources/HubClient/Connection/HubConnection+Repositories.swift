package import HubAPI
package import HubCore
import NIOHTTP1

extension HubConnection {
    /// Who the token belongs to.
    package func whoami() async throws -> WhoamiBody { try await get(["api", "whoami-v2"]) }

    /// Creates a repository; a taken name is ``HubError/conflict(_:)``.
    ///
    /// An `empty` one has no commit, ready for a history that is pushed next.
    package func createRepository(
        _ repository: RepositoryID, visibility: Visibility? = nil, empty: Bool = false
    ) async throws -> CreatedRepositoryBody {
        let body = CreateRepositoryBody(id: repository, visibility: visibility, empty: empty)
        return try await call(.POST, ["api", "repos", "create"], body: body)
    }

    /// The repositories the caller may see, of one owner or of all.
    package func repositories(
        _ kind: RepositoryID.Kind = .model, author: String? = nil
    ) async throws -> [RepositoryBody] {
        try await list(["api", kind.plural], query: author.map { [("author", $0)] } ?? [])
    }

    /// One repository, with its files at `revision` or at the default branch.
    package func repository(_ repository: RepositoryID, revision: String? = nil) async throws -> RepositoryBody {
        try await get(
            route(repository) + (revision.map { ["revision", $0] } ?? []), query: [(name: "blobs", value: "true")])
    }

    /// Counts what a repository holds.
    package func statistics(of repository: RepositoryID) async throws -> StatisticsBody {
        try await get(route(repository) + ["stats"])
    }

    /// What a repository mirrors; nil if it is no mirror.
    package func mirror(_ repository: RepositoryID) async throws -> MirrorBody? {
        do {
            return try await get(route(repository) + ["mirror"])
        } catch HubError.notFound {
            return nil
        }
    }

    /// Deletes the repository and its history.
    package func deleteRepository(_ repository: RepositoryID) async throws {
        try await perform(.DELETE, ["api", "repos", "delete"], body: DeleteRepositoryBody(id: repository))
    }

    package func setVisibility(_ visibility: Visibility, of repository: RepositoryID) async throws {
        try await perform(.PUT, route(repository) + ["settings"], body: RepositorySettingsBody(visibility: visibility))
    }
}
