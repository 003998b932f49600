import Foundation
import HTTPTypes
import HubCore
import HubServices
import Hummingbird

/// Finds out who asks, from `Authorization: Bearer TOKEN` or `Basic` with the token as password.
///
/// What they may do is decided by `Access`, never here.
struct Authentication: RouterMiddleware {
    let accounts: AccountService
    let gate: TrafficGate

    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            context.caller = try await accounts.authenticate(Self.token(in: request.headers))
        } catch let error as HubError {
            try gate.admit(request, of: nil, context)
            throw error
        }
        try gate.admit(request, of: context.caller.user?.id, context)
        return try await next(request, context)
    }

    static func token(in headers: HTTPFields) throws -> String? {
        guard let header = headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { throw HubError.unauthorized("the Authorization header has no credentials") }
        switch parts[0].lowercased() {
        case "bearer": return String(parts[1])
        case "basic": return try basicToken(parts[1])
        default: throw HubError.unauthorized("only Bearer and Basic authorization are understood")
        }
    }

    /// The password, or the user name when there is no password: where people put tokens.
    private static func basicToken(_ encoded: Substring) throws -> String? {
        guard let data = Data(base64Encoded: String(encoded)), let text = String(data: data, encoding: .utf8) else {
            throw HubError.unauthorized("the Basic credentials are not base64")
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let candidate = parts.count == 2 && !parts[1].isEmpty ? parts[1] : parts[0]
        return candidate.isEmpty ? nil : String(candidate)
    }
}
