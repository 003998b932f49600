package import HubAPI
package import HubCore
import NIOHTTP1

extension HubConnection {
    /// Forks `repository`; no bytes are copied.
    package func fork(_ repository: RepositoryID, as body: ForkBody = ForkBody()) async throws -> CreatedRepositoryBody
    {
        try await call(.POST, route(repository) + ["fork"], body: body)
    }

    /// Brings a fork's branch up to its upstream's: fast-forward, or a merge by the strategy of `body`.
    package func sync(_ repository: RepositoryID, _ body: MergeBody = MergeBody()) async throws -> MergeResultBody {
        try await call(.POST, route(repository) + ["sync"], body: body)
    }

    /// Merges a revision into a branch of `repository`, or plans it.
    package func merge(into repository: RepositoryID, _ body: MergeBody) async throws -> MergeResultBody {
        try await call(.POST, route(repository) + ["merge"], body: body)
    }

    /// What changed from revision `base` to revision `head`: files and tensors.
    package func compare(
        _ repository: RepositoryID, from base: String, to head: String
    ) async throws -> CompareBody {
        try await get(route(repository) + ["compare", "\(base)..\(head)"])
    }
}
