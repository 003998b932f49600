import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Asking for the files of gated repositories, and deciding about those who ask.
struct AccessRequestRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.post(
                "ask-access", "Asks to be given the files of a gated repository.", body: .json(AskAccessBody.self),
                answer: .json(AccessRequestBody.self)
            ) { request, context in
                let body = try await request.jsonIfAny(AskAccessBody.self, limit: hub.limits.jsonBytes)
                let made = try await hub.accessRequests.ask(
                    for: context.repository(kind), saying: body?.fields ?? [:], by: context.caller)
                return try Answer.json(AccessRequestBody(made))
            }
            let requests = one.group("user-access-request")
            for status in AccessRequest.Status.allCases {
                requests.get(
                    status.rawValue, "Lists the \(status.rawValue) requests, newest first.",
                    query: [.number("cursor", 0...Int.max, "Where the page before ended.")],
                    answer: .json([AccessRequestBody].self)
                ) { request, context in try await list(status, kind, request, context) }
            }
            requests.post(
                "handle", "Accepts or rejects a request, or puts it back.",
                body: .json(HandleAccessRequestBody.self), answer: .json(AccessRequestBody.self)
            ) { request, context in try await handle(kind, request, context) }
            requests.post(
                "grant", "Gives someone the files who need not have asked.", body: .json(GrantAccessBody.self),
                answer: .json(AccessRequestBody.self)
            ) { request, context in
                let body = try await request.json(GrantAccessBody.self, limit: hub.limits.jsonBytes)
                let granted = try await hub.accessRequests.grant(
                    body.user, accessTo: context.repository(kind), by: context.caller)
                return try Answer.json(AccessRequestBody(granted))
            }
        }
    }

    private func list(
        _ status: AccessRequest.Status,
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let cursor = try request.number("cursor", default: .max, in: 0...Int.max)
        let (found, next) = try await hub.accessRequests.list(
            status, of: context.repository(kind), before: Int64(cursor), by: context.caller)
        var response = try Answer.json(found.map(AccessRequestBody.init))
        if let next {
            response.headers[.link] =
                "<\(request.baseURL(publicURL))\(request.uri.path)?cursor=\(next)>; rel=\"next\""
        }
        return response
    }

    private func handle(_ kind: RepositoryID.Kind, _ request: Request, _ context: HubContext) async throws -> Response {
        let body = try await request.json(HandleAccessRequestBody.self, limit: hub.limits.jsonBytes)
        let subject: AccessRequestService.Subject
        switch (body.user, body.requestId) {
        case (let user?, nil): subject = .user(user)
        case (nil, let id?): subject = .request(id)
        default: throw HubError.invalid("name either the 'user' or the 'requestId' to decide about")
        }
        let status: AccessRequest.Status =
            switch body.status {
            case .pending: .pending
            case .accepted: .accepted
            case .rejected: .rejected
            }
        let decided = try await hub.accessRequests.decide(
            status, about: subject, in: context.repository(kind), reason: body.rejectionReason, by: context.caller)
        return try Answer.json(AccessRequestBody(decided))
    }
}

extension AccessRequestBody {
    fileprivate init(_ request: AccessRequest) {
        let status: Status =
            switch request.status {
            case .pending: .pending
            case .accepted: .accepted
            case .rejected: .rejected
            }
        self.init(
            requestId: request.id, status: status, timestamp: Self.moment(request.createdAt),
            user: User(user: request.user, fullname: request.user), fields: request.fields)
    }

    /// The function of that name is hidden by the property here.
    private static let moment = HubHTTP.timestamp
}

extension GatingBody {
    init(_ gate: RepositoryRecord.Gate?) {
        self =
            switch gate {
            case nil: .open
            case .auto: .auto
            case .manual: .manual
            }
    }
}

extension RepositoryRecord.Gate {
    /// The gate that is asked for, nil for none.
    init?(_ body: GatingBody) {
        switch body {
        case .open: return nil
        case .auto: self = .auto
        case .manual: self = .manual
        }
    }
}
