import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird

/// Hands out the tokens of the CAS routes.
struct XetTokenRoutes {
    let hub: Hub
    let publicURL: String?

    func add(to routes: RouteTable) {
        routes.forEachKind { kind, one in
            one.get(
                "xet-read-token/:revision", "Gives a token for downloads by Xet.", answer: .json(XetTokenBody.self)
            ) { request, context in
                let record = try await hub.access.repository(
                    context.repository(kind), for: context.caller, as: .read)
                return try await token(for: record, mayWrite: false, request, context)
            }
            one.get(
                "xet-write-token/:revision", "Gives a token for uploads by Xet.",
                query: [.flag("create_pr", "The upload is for a new pull request.")], answer: .json(XetTokenBody.self)
            ) { request, context in
                let record = try await writable(kind, request, context)
                return try await token(for: record, mayWrite: true, request, context)
            }
        }
    }

    /// Whoever may propose a change may upload for it: what they send is theirs alone until it is published.
    private func writable(
        _ kind: RepositoryID.Kind,
        _ request: Request,
        _ context: HubContext
    ) async throws -> RepositoryRecord {
        let id = try context.repository(kind)
        let isNewProposal = ["1", "true"].contains(request.query("create_pr"))
        guard try isNewProposal || context.parameter("revision").hasPrefix("refs/pr/") else {
            return try await hub.access.repository(id, for: context.caller, as: .contribute)
        }
        return try await hub.access.participant(id, for: context.caller)
    }

    /// The answer stands in the body and in the headers: official clients read one or the other.
    private func token(
        for record: RepositoryRecord,
        mayWrite: Bool,
        _ request: Request,
        _ context: HubContext
    ) async throws -> Response {
        let token = try await hub.xet.token(for: record, caller: context.caller, mayWrite: mayWrite)
        let body = XetTokenBody(
            accessToken: token.text, exp: Int(token.expiry),
            casUrl: "\(request.baseURL(publicURL))/xet/\(token.epoch)")
        var response = try Answer.json(body)
        response.headers[.xetAccessToken] = body.accessToken
        response.headers[.xetTokenExpiration] = "\(body.exp)"
        response.headers[.xetCasURL] = body.casUrl
        return response
    }
}
