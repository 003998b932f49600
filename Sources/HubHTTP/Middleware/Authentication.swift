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
    let grants: LargeFileGrants
    let gate: TrafficGate

    func handle(
        _ request: Request,
        context: HubContext,
        next: (Request, HubContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        do {
            context.caller = try await caller(of: request)
        } catch let error as HubError {
            try gate.admit(request, of: nil, context)
            throw error
        }
        try gate.admit(request, of: context.caller.user?.id, context)
        return try await next(request, context)
    }

    /// A token for git-lfs is worth nothing anywhere but at the git-lfs routes of a repository.
    private func caller(of request: Request) async throws -> Caller {
        let token = try Self.token(in: request.headers)
        guard let token, token.hasPrefix(LargeFileGrants.prefix), Self.isAboutLargeFiles(request.uri.path) else {
            return try await accounts.authenticate(token)
        }
        return try await grants.authenticate(token)
    }

    /// Whether the path is `/owner/name/info/lfs/…`, perhaps with a kind before it.
    private static func isAboutLargeFiles(_ path: String) -> Bool {
        var segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        if RepositoryID.Kind.allCases.contains(where: { !$0.webPrefix.isEmpty && $0.plural == segments.first ?? "" }) {
            segments = segments.dropFirst()
        }
        return segments.count > 4 && segments.dropFirst(2).prefix(2).elementsEqual(["info", "lfs"])
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
