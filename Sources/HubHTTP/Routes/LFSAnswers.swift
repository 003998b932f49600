import HTTPTypes
import HubAPI
import HubCore
import Hummingbird

/// What git-lfs's own routes have in common.
enum LFSAnswers {
    static let mediaType = "application/vnd.git-lfs+json"

    /// A document in git-lfs's media type.
    static func json(_ body: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        var response = try Answer.json(body, status: status)
        response.headers[.contentType] = mediaType
        return response
    }

    /// Throws 406 at clients that say they read no answer of git-lfs's.
    static func requireReader(_ request: Request) throws {
        guard let header = request.headers[.accept] else { return }
        let types = header.split(separator: ",").map { type in
            type.prefix { $0 != ";" }.filter { $0 != " " && $0 != "\t" }.lowercased()
        }
        guard types.contains(where: { [mediaType, "application/json", "application/*", "*/*"].contains($0) }) else {
            throw HTTPError(.notAcceptable, message: "answers here are \(mediaType); let Accept name it")
        }
    }
}

extension HubContext {
    /// Whether the route is one of git-lfs's, whose errors have a form of their own.
    var isLFS: Bool {
        guard let path = endpointPath else { return false }
        return path.contains("/info/lfs/") || path.hasPrefix("/lfs/")
    }
}
