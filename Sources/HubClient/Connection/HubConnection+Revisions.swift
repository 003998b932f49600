package import HubAPI
package import HubCore
import NIOHTTP1

/// A *revision* is a branch, a tag, a ref's full name or a commit id.
extension HubConnection {
    /// All branches and tags.
    package func refs(of repository: RepositoryID) async throws -> RefsBody {
        try await get(route(repository) + ["refs"])
    }

    /// The history of `revision`, newest first.
    package func commits(
        of repository: RepositoryID, from revision: String, limit: Int = 1000
    ) async throws -> [CommitBody] {
        try await list(
            route(repository) + ["commits", revision], query: [("limit", "\(min(limit, 1000))")], limit: limit)
    }

    /// The files at `revision`, all of them or those directly below `path`.
    package func tree(
        of repository: RepositoryID, at revision: String, path: String? = nil, recursive: Bool = true
    ) async throws -> [TreeEntryBody] {
        try await list(
            route(repository) + ["tree", revision] + (path.map { [$0] } ?? []),
            query: recursive ? [("recursive", "true")] : [])
    }

    /// Creates `branch` at `start`, or where the default branch stands.
    package func createBranch(
        _ branch: RefName, of repository: RepositoryID, at start: String? = nil
    ) async throws {
        let body = CreateBranchBody(startingPoint: start)
        try await perform(.POST, route(repository) + ["branch", branch.short], body: body)
    }

    package func deleteBranch(_ branch: RefName, of repository: RepositoryID) async throws {
        try await perform(.DELETE, route(repository) + ["branch", branch.short])
    }

    /// Creates `tag` at `revision`.
    package func createTag(
        _ tag: RefName, of repository: RepositoryID, at revision: String, message: String? = nil
    ) async throws {
        let body = CreateTagBody(tag: tag.short, message: message)
        try await perform(.POST, route(repository) + ["tag", revision], body: body)
    }

    package func deleteTag(_ tag: RefName, of repository: RepositoryID) async throws {
        try await perform(.DELETE, route(repository) + ["tag", tag.short])
    }
}
