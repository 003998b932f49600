import Foundation

/// The body of a delivery, version 3 of the payload the official clients parse.
struct WebhookPayload: Encodable {
    struct Event: Encodable {
        let action: String
        let scope: String
    }

    struct ID: Encodable {
        let id: String
    }

    struct Links: Encodable {
        let web: String
        let api: String
    }

    struct Repository: Encodable {
        let id: String
        let type: String
        let name: String
        let `private`: Bool
        let owner: ID
        let url: Links

        /// The head of the default branch, in the two spellings there are.
        let headSha: String?
        let head_sha: String?
    }

    struct UpdatedRef: Encodable {
        let ref: String
        let oldSha: String?
        let newSha: String?
    }

    struct MovedTo: Encodable {
        let name: String
        let owner: ID
    }

    struct Hook: Encodable {
        let id: String
        let version = 3
    }

    struct Changes: Encodable {
        let base: String
        let mergeCommitId: String?
    }

    struct Discussion: Encodable {
        let id: String
        let num: Int
        let title: String
        let isPullRequest: Bool
        let status: String
        let author: ID
        let url: Links
        let changes: Changes?
    }

    struct Comment: Encodable {
        let id: String
        let author: ID
        let hidden: Bool
        let content: String?
        let url: Links
    }

    let event: Event
    let repo: Repository
    let webhook: Hook
    var updatedRefs: [UpdatedRef]?
    var movedTo: MovedTo?
    var discussion: Discussion?
    var comment: Comment?

    func text() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}
