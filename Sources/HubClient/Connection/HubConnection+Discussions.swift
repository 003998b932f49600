package import HubAPI
package import HubCore
import NIOHTTP1

/// Discussions and pull requests; `number` counts both in one row.
extension HubConnection {
    /// Opens a discussion or a pull request.
    package func openDiscussion(
        in repository: RepositoryID, _ body: CreateDiscussionBody
    ) async throws -> DiscussionBody {
        try await call(.POST, route(repository) + ["discussions"], body: body)
    }

    /// The newest discussions, at most `limit`.
    ///
    /// - Parameters:
    ///   - kind: `all`, `discussion` or `pull_request`.
    ///   - state: `all`, `open` or `closed`.
    package func discussions(
        of repository: RepositoryID, kind: String = "all", state: String = "all", author: String? = nil,
        limit: Int = .max
    ) async throws -> [DiscussionBody] {
        var found: [DiscussionBody] = []
        var page = 0
        while found.count < limit {
            var query = [(name: "p", value: "\(page)"), (name: "type", value: kind), (name: "status", value: state)]
            if let author { query.append((name: "author", value: author)) }
            let list: DiscussionListBody = try await get(route(repository) + ["discussions"], query: query)
            found += list.discussions
            page += 1
            guard !list.discussions.isEmpty, list.start + list.discussions.count < list.count else { break }
        }
        return Array(found.prefix(limit))
    }

    /// A discussion with all that happened in it; `withDiff` also what a pull request changes.
    package func discussion(
        _ number: Int, of repository: RepositoryID, withDiff: Bool = false
    ) async throws -> DiscussionDetailsBody {
        try await get(
            route(repository) + ["discussions", "\(number)"], query: withDiff ? [(name: "diff", value: "1")] : [])
    }

    package func comment(
        _ text: String, on number: Int, of repository: RepositoryID
    ) async throws -> DiscussionEventBody {
        let answer: NewCommentBody = try await call(
            .POST, route(repository) + ["discussions", "\(number)", "comment"], body: CommentBody(comment: text))
        return answer.newMessage
    }

    /// Opens or closes a discussion.
    package func setStatus(
        _ body: DiscussionStatusBody, of number: Int, in repository: RepositoryID
    ) async throws -> DiscussionEventBody {
        let answer: NewStatusBody = try await call(
            .POST, route(repository) + ["discussions", "\(number)", "status"], body: body)
        return answer.newStatus
    }

    /// Merges a pull request; conflicts are a ``HubError/conflict(_:)`` that names them.
    package func mergePullRequest(
        _ number: Int, of repository: RepositoryID, _ body: MergePullRequestBody
    ) async throws -> MergedPullRequestBody {
        try await call(.POST, route(repository) + ["discussions", "\(number)", "merge"], body: body)
    }
}
