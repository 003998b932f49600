import HTTPTypes
import HubAPI
import HubCore
import HubServices
import Hummingbird
import NIOCore
import Synchronization

/// How programs are logged in by a person with a browser (RFC 8628).
struct OAuthRoutes {
    let hub: Hub
    let publicURL: String?

    private static let deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"

    /// Bytes of a form.
    private static let formLimit = 16 << 10

    func add(to routes: RouteTable) {
        routes.post(
            "oauth/device", "Begins a login: gives a code for a person to type.", body: .form(DeviceRequestBody.self),
            answer: .json(DeviceCodeBody.self), use: begin)
        routes.post(
            "oauth/token", "Gives a token to a program that was let in, or renews one.",
            body: .form(TokenRequestBody.self), answer: .json(OAuthTokenBody.self), use: token)
        routes.get(
            "oauth/authorize-device", "The page where a person lets a program in.",
            query: [.text("user_code", "The code the program shows.")], answer: .bytes("text/html")
        ) { request, _ in
            try DevicePage(code: request.query("user_code") ?? "", ticket: ticket()).response(.ok)
        }
        routes.post(
            "oauth/authorize-device", "Lets a program in, or turns it away.", body: .form(DeviceDecisionBody.self),
            answer: .bytes("text/html"), use: decide)
    }

    @Sendable private func begin(request: Request, context: HubContext) async throws -> Response {
        let form = try await request.postedForm(DeviceRequestBody.self, limit: Self.formLimit)
        guard (1...200).contains(form.client_id.utf8.count) else {
            return try refuse(.invalid_request, "client_id is missing")
        }
        let codes = try await hub.logins.begin(from: context.traffic.address.withLock { $0 })
        return try unstored(
            DeviceCodeBody(
                device: codes.device, user: codes.user,
                uri: "\(request.baseURL(publicURL))/oauth/authorize-device", lifetime: LoginService.codeLifetime,
                interval: LoginService.interval))
    }

    @Sendable private func token(request: Request, context: HubContext) async throws -> Response {
        let form = try await request.postedForm(TokenRequestBody.self, limit: Self.formLimit)
        switch form.grant_type {
        case Self.deviceGrant:
            guard let code = form.device_code else { return try refuse(.invalid_request, "device_code is missing") }
            return try answer(await hub.logins.poll(code))
        case "refresh_token":
            guard let token = form.refresh_token else {
                return try refuse(.invalid_request, "refresh_token is missing")
            }
            return try answer(await hub.logins.refresh(token))
        default:
            return try refuse(.unsupported_grant_type, "understood are device_code and refresh_token")
        }
    }

    private func answer(_ answer: LoginService.Answer) throws -> Response {
        switch answer {
        case .granted(let tokens):
            try unstored(
                OAuthTokenBody(
                    access: tokens.access, refresh: tokens.refresh, lifetime: tokens.lifetime,
                    scope: tokens.scope.rawValue))
        case .pending: try refuse(.authorization_pending, "nobody has decided yet")
        case .slowDown: try refuse(.slow_down, "ask every \(LoginService.interval) seconds")
        case .expired: try refuse(.expired_token, "the code is unknown, used or expired; start again")
        case .denied: try refuse(.access_denied, "the login was denied")
        case .invalidGrant: try refuse(.invalid_grant, "the refresh token is unknown, used or expired; log in again")
        }
    }

    private func refuse(_ word: OAuthErrorBody.Word, _ sentence: String) throws -> Response {
        try unstored(OAuthErrorBody(word, sentence), status: .badRequest)
    }

    private func unstored(_ body: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        var response = try Answer.json(body, status: status)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    // MARK: The page

    private struct Ticket: Codable {}

    private func ticket() throws -> String {
        try hub.signer.sign(Ticket(), purpose: "device page", lifetime: LoginService.codeLifetime).text
    }

    @Sendable private func decide(request: Request, context: HubContext) async throws -> Response {
        if let site = request.headers[.secFetchSite], site != "same-origin" {
            throw HubError.forbidden("this form was not sent from the hub's own page")
        }
        let form = try await request.postedForm(DeviceDecisionBody.self, limit: Self.formLimit)
        _ = try hub.signer.verify(form.ticket, purpose: "device page", as: Ticket.self)
        do {
            let name = try await hub.logins.decide(
                form.user_code, token: form.token, isApproved: form.decision == .approve,
                scope: TokenScope(form.scope ?? .write))
            return try DevicePage.done(
                form.decision == .approve
                    ? "The program is now logged in as \(name). You may close this page."
                    : "The program was turned away. You may close this page.")
        } catch let error as HubError {
            return try DevicePage(code: form.user_code, ticket: ticket(), problem: error.description)
                .response(error.pageStatus)
        }
    }
}

extension HubError {
    fileprivate var pageStatus: HTTPResponse.Status {
        switch self {
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .notFound: .notFound
        case .tooManyRequests: .tooManyRequests
        default: .badRequest
        }
    }
}

extension Request {
    /// Decodes an HTML form of limited size.
    func postedForm<Body: Decodable>(_: Body.Type, limit: Int) async throws -> Body {
        let buffer = try await body.collect(upTo: limit, or: "the form is over \(limit) bytes")
        let text = String(buffer: buffer)
        do {
            return try URLEncodedFormDecoder().decode(Body.self, from: text)
        } catch {
            throw HubError.invalid("the form does not have the fields this route takes")
        }
    }
}
