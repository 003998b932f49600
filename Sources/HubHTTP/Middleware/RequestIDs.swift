import Foundation
import HTTPTypes
import Hummingbird
import Logging

/// Gives each request an id, puts it into the answer and into the log.
///
/// A client's own `X-Request-Id` is kept; one it sends as `X-Amzn-Trace-Id` becomes part of ours, so that the
/// messages of the official clients can be found in the log.
struct RequestIDs: RouterMiddleware {
    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.id(for: request)
        context.logger[metadataKey: "request"] = "\(context.requestID)"
        let started = ContinuousClock.now
        var response = try await next(request, context)
        if !Self.isGits(response) { response.headers[.requestID] = context.requestID }
        context.logger.debug(
            "Answered",
            metadata: [
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "duration": "\(ContinuousClock.now - started)",
            ]
        )
        return response
    }

    /// What git's protocol answers bears the headers that git's own server sends, which suites made for that compare.
    private static func isGits(_ response: Response) -> Bool {
        response.headers[.contentType]?.hasPrefix("application/x-git-") ?? false
    }

    private static func id(for request: Request) -> String {
        if let own = request.headers[.requestID], isHarmless(own) { return own }
        let fresh = UUID().uuidString.lowercased()
        guard let trace = request.headers[.traceID], isHarmless(trace) else { return fresh }
        return "\(trace)-\(fresh.prefix(8))"
    }

    private static func isHarmless(_ text: String) -> Bool {
        (1...200).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") }
    }
}
