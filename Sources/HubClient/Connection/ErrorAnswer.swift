import Foundation
import HubAPI
package import HubCore

/// What an answer that is no success says, whoever wrote it.
package struct ErrorAnswer: Sendable {
    package var status: Int

    /// Header fields by lower-case name.
    package var headers: [String: String]
    package var body: [UInt8]

    package init(status: Int, headers: [String: String], body: [UInt8]) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The outcome a caller can act on, with the hub's own sentence.
    ///
    /// A failure inside the hub is ``HubError/unavailable(_:)`` and names the request, so that its operator can
    /// find it in the log.
    package var error: HubError {
        let body = try? JSONDecoder().decode(ErrorBody.self, from: Data(body))
        if let findings = body?.findings, !findings.isEmpty { return .refused(findings) }
        switch status {
        case 401: return .unauthorized(sentence(body) ?? "the hub asks for a token; run 'hubctl login'")
        case 403: return .forbidden(sentence(body) ?? "the hub does not allow this")
        case 404: return notFound(sentence(body) ?? "the hub does not know this")
        case 409: return .conflict(sentence(body) ?? "someone else was first")
        case 412: return .outdated(sentence(body) ?? "the branch has moved meanwhile")
        case 413: return .tooLarge(sentence(body) ?? "the hub finds this too large")
        case 416: return size.map { .rangeNotSatisfiable(size: $0) } ?? .invalid(sentence(body) ?? "no such range")
        case 408, 429, 500...: return .unavailable(failure(body))
        case 300..<400: return .invalid("the hub sends elsewhere (HTTP \(status)), which is not followed")
        default: return .invalid(sentence(body) ?? "the hub refused the request (HTTP \(status))")
        }
    }

    private func notFound(_ sentence: String) -> HubError {
        switch headers["x-error-code"] {
        case "RepoNotFound": .repositoryNotFound(sentence)
        case "RevisionNotFound": .revisionNotFound(sentence)
        case "EntryNotFound": .entryNotFound(sentence)
        default: .notFound(sentence)
        }
    }

    private func sentence(_ body: ErrorBody?) -> String? {
        [body?.error, headers["x-error-message"]].compactMap(\.self).first { !$0.isEmpty }
    }

    private func failure(_ body: ErrorBody?) -> String {
        let request = headers["x-request-id"].map { ", request \($0)" } ?? ""
        return "\(sentence(body) ?? "the hub cannot do this now") (HTTP \(status)\(request))"
    }

    /// The size after the slash of `Content-Range: bytes */SIZE`.
    private var size: Int? { headers["content-range"]?.split(separator: "/").last.flatMap { Int($0) } }
}
