import HTTPTypes
import HubCore
import Hummingbird

/// Where routes are declared.
///
/// The router and the OpenAPI document are both made from the declarations: there is no other way to add a route, so
/// the two cannot differ.
struct RouteTable {
    typealias Handler = @Sendable (Request, HubContext) async throws -> Response

    private let log: RouteLog
    private var prefix = ""
    private var topic = "Hub"
    private var findsCaller = false
    private var keepsAnswers = false
    private var countsDownloads = false
    private var unpacksBodies = false

    init(log: RouteLog) { self.log = log }

    /// The same place, for routes that know who is asking by an access token.
    var withCaller: RouteTable {
        var table = self
        table.findsCaller = true
        return table
    }

    /// The same place, for routes whose answers hold as long as nothing is committed; see ``KeptAnswers``.
    var keepingAnswers: RouteTable {
        var table = self
        table.keepsAnswers = true
        return table
    }

    /// The same place, for routes that are part of a download when the client says so; see ``DownloadCounting``.
    var countingDownloads: RouteTable {
        var table = self
        table.countsDownloads = true
        return table
    }

    /// The same place, for routes that understand bodies sent as gzip; see ``ContentCoding``.
    var unpackingBodies: RouteTable {
        var table = self
        table.unpacksBodies = true
        return table
    }

    /// The routes below `path`.
    func group(_ path: String) -> RouteTable {
        var table = self
        table.prefix = Self.join(prefix, path)
        return table
    }

    /// The same routes under another heading of the document.
    func about(_ topic: String) -> RouteTable {
        var table = self
        table.topic = topic
        return table
    }

    /// Declares what every kind of repository has: routes below `{kind}s/:owner/:name`.
    func forEachKind(_ declare: (RepositoryID.Kind, RouteTable) -> Void) {
        for kind in RepositoryID.Kind.allCases { declare(kind, group("\(kind.plural)/:owner/:name")) }
    }

    /// The same for routes outside `/api`, where models have no prefix.
    func forEachKindOnTheWeb(_ declare: (RepositoryID.Kind, RouteTable) -> Void) {
        for kind in RepositoryID.Kind.allCases { declare(kind, group("\(kind.webPrefix):owner/:name")) }
    }

    /// Declares one route.
    ///
    /// - Parameters:
    ///   - path: As Hummingbird writes it, below this table's place: `:name` is one segment, a final `**` all the rest.
    ///   - summary: A sentence on what it does.
    func on(
        _ method: HTTPRequest.Method,
        _ path: String,
        _ summary: String,
        query: [QueryParameter],
        body: Payload,
        answer: Payload,
        use handler: @escaping Handler
    ) {
        let description = RouteDescription(
            method: method, path: Self.join(prefix, path), topic: topic, summary: summary, query: query, body: body,
            answer: answer, findsCaller: findsCaller, keepsAnswers: keepsAnswers, countsDownloads: countsDownloads,
            unpacksBodies: unpacksBodies)
        log.record(description, handler)
    }

    private static func join(_ prefix: String, _ path: String) -> String {
        prefix.isEmpty || path.isEmpty ? prefix + path : "\(prefix)/\(path)"
    }
}

extension RouteTable {
    func get(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], answer: Payload = .none,
        use handler: @escaping Handler
    ) {
        on(.get, path, summary, query: query, body: .none, answer: answer, use: handler)
    }

    func head(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], use handler: @escaping Handler
    ) {
        on(.head, path, summary, query: query, body: .none, answer: .none, use: handler)
    }

    func post(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], body: Payload = .none,
        answer: Payload = .none, use handler: @escaping Handler
    ) {
        on(.post, path, summary, query: query, body: body, answer: answer, use: handler)
    }

    func put(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], body: Payload = .none,
        answer: Payload = .none, use handler: @escaping Handler
    ) {
        on(.put, path, summary, query: query, body: body, answer: answer, use: handler)
    }

    func patch(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], body: Payload = .none,
        answer: Payload = .none, use handler: @escaping Handler
    ) {
        on(.patch, path, summary, query: query, body: body, answer: answer, use: handler)
    }

    func delete(
        _ path: String = "", _ summary: String, query: [QueryParameter] = [], body: Payload = .none,
        answer: Payload = .none, use handler: @escaping Handler
    ) {
        on(.delete, path, summary, query: query, body: body, answer: answer, use: handler)
    }
}
