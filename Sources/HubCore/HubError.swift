/// An outcome the caller can act on.
///
/// There is one case per thing a client would do differently, and none per place in the code.
/// Anything else that goes wrong is a bug or an outage; it travels as its own error and reaches
/// the client as "internal error" with the request's id.
package enum HubError: Error, Equatable, Sendable {
    /// The request can never work as it is; the message says what to change.
    case invalid(String)

    /// No credentials, or ones that are unknown, revoked or expired.
    case unauthorized(String)

    /// Known caller, not allowed.
    case forbidden(String)

    /// Absent, or invisible to this caller; the two must look the same.
    case notFound(String)

    /// As ``notFound(_:)``, for a repository.
    case repositoryNotFound(String)

    /// The repository is there, but has no such branch, tag or commit.
    case revisionNotFound(String)

    /// The revision is there, but holds no such file.
    case entryNotFound(String)

    /// Someone else was first, or the name is taken.
    case conflict(String)

    /// The branch is no longer where the caller believes, but at `head`.
    case outdated(String, head: CommitID? = nil)

    /// Well-formed, and still nothing that can be done.
    case unprocessable(String)

    /// The repository is there, and this caller has not been let in yet.
    case gated(String)

    /// The repository is now called something else.
    case moved(to: RepositoryID)

    /// Too many requests; ask again after so many seconds.
    case tooManyRequests(String, retryAfter: Int)

    /// Pointers name content this repository and this caller's uploads do not have.
    case missingContent([ContentDigest])

    /// The push was read and is refused for what it holds.
    case refused([Finding])

    /// Over a configured limit; the message names the limit.
    case tooLarge(String)

    /// A byte range outside the content.
    case rangeNotSatisfiable(size: Int)

    /// Cannot be done now, may work later: disk full, shutting down.
    case unavailable(String)
}

extension HubError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalid(let message), .unauthorized(let message), .forbidden(let message), .notFound(let message),
            .repositoryNotFound(let message), .revisionNotFound(let message), .entryNotFound(let message),
            .conflict(let message), .outdated(let message, _), .unprocessable(let message), .gated(let message),
            .tooManyRequests(let message, _), .tooLarge(let message), .unavailable(let message):
            message
        case .moved(let id): "the repository is now called \(id)"
        case .missingContent(let digests):
            "content not uploaded: \(digests.map(\.hex).joined(separator: ", "))"
        case .refused(let findings): findings.map(\.description).joined(separator: "\n")
        case .rangeNotSatisfiable(let size): "the range lies outside the \(size) bytes of the file"
        }
    }
}
