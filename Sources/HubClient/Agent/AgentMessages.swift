import HubCore

/// A line that git-lfs writes to a custom transfer agent (git-lfs, "Custom Transfers").
package struct AgentRequest: Decodable, Sendable, Equatable {
    package enum Event: String, Decodable, Sendable {
        case start = "init"
        case upload
        case download
        case terminate
    }

    /// What the server's answer to a batch says about one object.
    package struct Action: Decodable, Sendable, Equatable {
        package var href: String
        package var header: [String: String]?
    }

    package var event: Event

    /// Of a start: the name of a remote, or its URL.
    package var remote: String?
    package var oid: String?
    package var size: Int?

    /// Of an upload: where the content lies.
    package var path: String?

    /// Absent where git-lfs has not asked the server.
    package var action: Action?

    /// What git-lfs would not have said, or not then.
    static func unexpected(_ line: String) -> HubError {
        .invalid(
            "'\(line.prefix(80).safeForTerminal)' is not what git-lfs says to a transfer agent; it starts this program itself"
        )
    }
}

/// A line that a custom transfer agent writes back.
package struct AgentAnswer: Encodable, Sendable, Equatable {
    package struct Problem: Encodable, Sendable, Equatable {
        package var code: Int
        package var message: String
    }

    package var event: String?
    package var oid: String?

    /// Of a download: where the content lies, for git-lfs to take.
    package var path: String?
    package var error: Problem?
    package var bytesSoFar: Int?
    package var bytesSinceLast: Int?

    /// That the agent is ready, or why it is not.
    static func started(_ problem: Problem? = nil) -> AgentAnswer { AgentAnswer(error: problem) }

    static func progress(_ oid: String, _ bytes: Int, since last: Int) -> AgentAnswer {
        AgentAnswer(event: "progress", oid: oid, bytesSoFar: bytes, bytesSinceLast: bytes - last)
    }

    static func complete(_ oid: String, path: String? = nil) -> AgentAnswer {
        AgentAnswer(event: "complete", oid: oid, path: path)
    }

    static func failed(_ oid: String, _ problem: Problem) -> AgentAnswer {
        AgentAnswer(event: "complete", oid: oid, error: problem)
    }
}

extension AgentAnswer.Problem {
    /// The code is that of the HTTP status which says the same.
    init(_ error: any Error) {
        message = "\(error)".safeForTerminal
        switch error as? HubError {
        case .unauthorized: code = 401
        case .forbidden, .gated: code = 403
        case .notFound, .repositoryNotFound, .revisionNotFound, .entryNotFound: code = 404
        case .conflict: code = 409
        case .tooLarge: code = 413
        case .invalid: code = 422
        case .unavailable: code = 503
        default: code = 500
        }
    }
}
