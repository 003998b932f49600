import HTTPTypes
import HubCore
package import Hummingbird

/// The hub's answer to any request.
///
/// Finds out, before anything is routed, whether a path names a repository by one segment (`/gpt2/resolve/…`), and
/// writes such a path with the owner that bare names belong to.
package struct HubResponder: HTTPResponder {
    let router: RouterResponder<HubContext>

    /// How clients reach the hub, whatever they say themselves.
    let scheme: String
    let bareNames: BareNames

    /// The words that stand behind a repository's name in some route.
    package var wordsAfterNames: Set<String> { bareNames.words }

    package func respond(to request: Request, context: HubContext) async throws -> Response {
        let response = try await router.respond(to: completed(request, context), context: context)
        return request.method == .head ? response.withoutBody : response
    }

    private func completed(_ request: Request, _ context: HubContext) -> Request {
        var head = request.head
        head.scheme = scheme
        if let path = bareNames.completed(request.head.path ?? "/") { head.path = path }
        guard request.headers[.expect] != nil else { return Request(head: head, body: request.body) }
        return Request(head: head, body: RequestBody(asyncSequence: AskedForBody(base: request.body, context: context)))
    }
}

extension Response {
    /// What a HEAD is answered: everything but the body, whose length is still told (RFC 9110, section 9.3.2).
    fileprivate var withoutBody: Response {
        guard let length = body.contentLength, length > 0 else { return self }
        var response = self
        response.body = ResponseBody()
        // Taking the body away has set this to nothing.
        response.headers[.contentLength] = "\(length)"
        return response
    }
}

/// Repositories that are named by one segment belong to one owner.
struct BareNames: Sendable {
    /// Who owns them.
    let owner: String

    /// The words that stand behind a repository's name in a path; no repository is called by one of them.
    let words: Set<String>

    /// Words that may stand alone behind a kind and are no name.
    var wordsInsteadOfNames: Set<String> = []

    /// The path with the owner put in, or nil if the path is to be left as it is.
    func completed(_ path: String) -> String? {
        let end = path.firstIndex { $0 == "?" || $0 == "#" } ?? path.endIndex
        let segments = path[..<end].split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard let place = placeOfName(Array(segments)) else { return nil }
        var completed = Array(segments)
        completed.insert(owner[...], at: place)
        return "/" + completed.joined(separator: "/") + path[end...]
    }

    /// Where the only segment of a bare name stands.
    private func placeOfName(_ segments: [Substring]) -> Int? {
        if segments.first == "api" {
            guard segments.count >= 3, isKind(segments[1]), !segments[2].isEmpty else { return nil }
            if segments.count == 3 { return wordsInsteadOfNames.contains(String(segments[2])) ? nil : 2 }
            return words.contains(String(segments[3])) ? 2 : nil
        }
        let place = segments.first.map(isPrefix) == true ? 1 : 0
        guard segments.count > place + 1, !segments[place].isEmpty, words.contains(String(segments[place + 1])) else {
            return nil
        }
        return place
    }

    private func isKind(_ segment: Substring) -> Bool {
        RepositoryID.Kind.allCases.contains { $0.plural == segment }
    }

    private func isPrefix(_ segment: Substring) -> Bool {
        RepositoryID.Kind.allCases.contains { !$0.webPrefix.isEmpty && $0.plural == segment }
    }
}
