import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import Logging
import NIOCore

extension ErrorBody: ResponseEncodable {}

/// Turns a `HubError` into its HTTP answer.
///
/// The only place that knows both vocabularies.
struct ErrorResponses: RouterMiddleware {
    /// The methods there are for a path, to tell a wrong method from a wrong path.
    let methods: @Sendable (_ path: String) -> [HTTPRequest.Method]

    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        do {
            // No name and no text the hub keeps has a zero byte, and not every store can hold one.
            guard request.head.path?.contains("%00") != true else {
                throw HubError.invalid("the URL has a zero byte in it")
            }
            return try await next(request, context)
        } catch let error as HubError {
            return try answer(error, to: request, context: context)
        } catch let error as HTTPError where error.status == .notFound && !methods(request.uri.path).isEmpty {
            return try wrongMethod(request, context)
        } catch let error as HTTPError {
            let message = error.body ?? error.status.reasonPhrase
            var response = try encode(error.status, ErrorBody(error: message), code: nil, request, context)
            response.headers.append(contentsOf: error.headers)
            return response
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            if let full = HubError(ofFullDisk: error) {
                context.logger.warning(
                    "The disk is full", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
                return try answer(full, to: request, context: context)
            }
            context.logger.error("Request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            let body = ErrorBody(error: "internal error (request \(context.requestID)); the hub's log says more")
            return try encode(.internalServerError, body, code: nil, request, context)
        }
    }

    private func answer(_ error: HubError, to request: Request, context: HubContext) throws -> Response {
        var (status, code) = error.answer
        // An anonymous caller may be missing a login, and must not learn whether the repository exists.
        switch error {
        case .repositoryNotFound, .gated: if request.headers[.authorization] == nil { status = .unauthorized }
        default: break
        }
        var body = ErrorBody(error: error.description)
        if case .refused(let findings) = error {
            body.findings = findings
            body.error = findings.first { $0.severity == .error }?.description ?? error.description
        }
        if case .outdated(_, let head) = error { body.head = head?.hex }
        var response = try encode(status, body, code: code, request, context)
        if status == .unauthorized {
            response.headers[.wwwAuthenticate] = "Basic realm=\"hub\", charset=\"UTF-8\""
            if context.isLFS { response.headers[.lfsAuthenticate] = "Basic realm=\"hub\"" }
        }
        if case .rangeNotSatisfiable(let size) = error { response.headers[.contentRange] = "bytes */\(size)" }
        if case .unavailable = error { response.headers[.retryAfter] = "5" }
        if case .tooManyRequests(_, let seconds) = error { response.headers[.retryAfter] = "\(seconds)" }
        if case .moved(let id) = error { response.headers[.location] = request.path(movedTo: id, context) }
        return response
    }

    private func wrongMethod(_ request: Request, _ context: HubContext) throws -> Response {
        let allowed = methods(request.uri.path).map(\.rawValue).sorted().joined(separator: ", ")
        let body = ErrorBody(error: "\(request.method) is not understood here; there is \(allowed)")
        var response = try encode(.methodNotAllowed, body, code: nil, request, context)
        response.headers[.allow] = allowed
        return response
    }

    private func encode(
        _ status: HTTPResponse.Status,
        _ body: ErrorBody,
        code: String?,
        _ request: Request,
        _ context: HubContext
    ) throws -> Response {
        var response =
            if context.isLFS {
                try LFSAnswers.json(LFSErrorBody(body.error, request: context.requestID), status: status)
            } else if request.comesFromGit {
                Response(
                    status: status, headers: [.contentType: "text/plain; charset=utf-8"],
                    body: ResponseBody(byteBuffer: ByteBuffer(string: body.error.safeForTerminal + "\n")))
            } else {
                try EditedResponse(status: status, response: body).response(from: request, context: context)
            }
        response.headers[.errorMessage] = body.error.headerText
        if let code { response.headers[.errorCode] = code }
        return response
    }
}

extension Request {
    /// Whether stock git asks, which shows plain text to whoever sits before it, and nothing else.
    fileprivate var comesFromGit: Bool { headers[.userAgent]?.hasPrefix("git/") ?? false }

    /// This request's path and query with the repository's new name in the place of the old one.
    fileprivate func path(movedTo id: RepositoryID, _ context: HubContext) -> String {
        // Two slashes in front would name another host.
        let path = "/" + (head.path ?? "").drop { $0 == "/" }
        guard let owner = context.parameters.get("owner"), let name = context.parameters.get("name"),
            let place = path.firstRange(of: "\(owner)/\(name)")
        else { return path }
        let suffix = name.hasSuffix(".git") ? ".git" : ""
        return path[..<place.lowerBound] + id.path + suffix + path[place.upperBound...]
    }
}

extension HubError {
    /// The status, and the word the official clients know the error by.
    fileprivate var answer: (HTTPResponse.Status, String?) {
        switch self {
        case .invalid: (.badRequest, nil)
        case .unauthorized: (.unauthorized, nil)
        case .forbidden: (.forbidden, nil)
        case .notFound: (.notFound, nil)
        case .repositoryNotFound: (.notFound, "RepoNotFound")
        case .revisionNotFound: (.notFound, "RevisionNotFound")
        case .entryNotFound: (.notFound, "EntryNotFound")
        case .conflict: (.conflict, nil)
        case .outdated: (.preconditionFailed, nil)
        case .unprocessable: (.unprocessableContent, nil)
        case .gated: (.forbidden, "GatedRepo")
        case .moved: (.temporaryRedirect, nil)
        case .tooManyRequests: (.tooManyRequests, nil)
        case .missingContent: (.unprocessableContent, "MissingContent")
        case .refused: (.unprocessableContent, "Refused")
        case .tooLarge: (.contentTooLarge, nil)
        case .rangeNotSatisfiable: (.rangeNotSatisfiable, nil)
        case .unavailable: (.serviceUnavailable, nil)
        }
    }
}

extension String {
    /// The text with everything that may not stand in a header replaced, cut to a reasonable length.
    var headerText: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.prefix(500).map { (0x20...0x7E).contains($0.value) ? $0 : " " }))
    }
}
