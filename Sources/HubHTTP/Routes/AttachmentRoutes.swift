import HTTPTypes
import HubCore
import HubServices
import Hummingbird

/// Files shown in discussions: sent before the comment that names them, given to those who see it.
struct AttachmentRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.post(
            "uploads", "Takes an image, video or audio file for a discussion; the answer is its URL.",
            body: .bytes("image/png"), answer: .bytes("text/plain"), use: upload)
        routes.get(
            "uploads/:file", "Gives a file that is shown in a discussion, or one range of its bytes.",
            answer: .bytes("image/png"), use: show)
    }

    @Sendable private func upload(request: Request, context: HubContext) async throws -> Response {
        let file = try await hub.attachments.upload(
            request.pieces, type: request.headers[.contentType],
            size: request.headers[.contentLength].flatMap { Int($0) }, by: context.caller)
        let url = request.baseURL(publicURL) + Attachment.place + file.name
        return Answer.bytes(Array(url.utf8), type: "text/plain; charset=utf-8")
    }

    @Sendable private func show(request: Request, context: HubContext) async throws -> Response {
        let (file, bytes) = try await hub.attachments.open(context.parameter("file"), for: context.caller)
        var response = try RangedAnswer(bytes, etag: file.digest.hex, range: request.headers[.range])
            .response(type: file.format.rawValue, withBody: true)
        // What somebody sent is shown, and never run.
        response.headers[.contentTypeOptions] = "nosniff"
        response.headers[.contentSecurityPolicy] = "default-src 'none'; sandbox"
        response.headers[.cacheControl] = "private, no-cache"
        return response
    }
}
