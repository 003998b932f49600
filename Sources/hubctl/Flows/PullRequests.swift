import HubAPI
import HubClient
import HubCore

/// How a pull request is told, and what is done with it.
enum PullRequests {
    static func set(
        _ status: DiscussionStatusBody.Wish, of number: Int, saying message: String?, at place: PullRequest.Place,
        json: Bool
    ) async throws {
        let (session, id) = try place.target()
        let order = DiscussionStatusBody(status: status, comment: message)
        let event = try await session.call { try await $0.setStatus(order, of: number, in: id) }
        if json { return try Terminal.print(json: event) }
        print("Pull request \(number) of \(id) is \(status.rawValue) now.")
    }

    static func tell(_ details: DiscussionDetailsBody, of id: RepositoryID) {
        print("\(id) #\(details.num) \(details.title) (\(details.status.rawValue))")
        print("by \(details.author?.name ?? "somebody") at \(details.createdAt)")
        if let changes = details.changes {
            print("into \(changes.base)\(changes.mergeCommitId.map { ", merged as \($0.prefix(10))" } ?? "")")
        }
        if let checks = details.checks { print("checks: \(checks.message)") }
        for path in details.filesWithConflicts ?? [] { print("conflict  \(path)") }
        for event in details.events { print("\n\(event.createdAt)  \(line(for: event))") }
    }

    private static func line(for event: DiscussionEventBody) -> String {
        let name = event.author?.name ?? "somebody"
        return switch event.type {
        case .comment: "\(name): \(event.data.latest?.raw ?? "")"
        case .statusChange: "\(name) made it \(event.data.status ?? "")"
        case .titleChange: "\(name) called it '\(event.data.to ?? "")'"
        case .commit: "\(name) added \(event.data.oid?.prefix(10) ?? "") \(event.data.subject ?? "")"
        }
    }
}
