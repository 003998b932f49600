import HTTPTypes

/// What there is to say about one route.
struct RouteDescription: Sendable {
    let method: HTTPRequest.Method

    /// As Hummingbird writes it, without the first slash: `api/models/:owner/:name/tree/:revision/**`.
    let path: String

    /// The noun it belongs to.
    let topic: String

    /// A sentence on what it does.
    let summary: String
    let query: [QueryParameter]
    let body: Payload
    let answer: Payload

    /// Whether an access token is looked at; routes without it carry their authority in the URL, or need none.
    let findsCaller: Bool

    /// Whether an answer holds, for the same question by the same caller, as long as nothing is committed.
    let keepsAnswers: Bool

    /// Whether a request that clients mark as part of a download counts as one.
    let countsDownloads: Bool

    /// Whether a body may come as gzip, which the handler unpacks.
    let unpacksBodies: Bool

    var takesBody: Bool { if case .none = body { false } else { true } }
}

/// What goes over the wire in a body.
enum Payload: Sendable {
    case none

    /// One JSON document.
    case document(JSONSchema)

    /// An HTML form (`application/x-www-form-urlencoded`) with these fields.
    case fields(JSONSchema)

    /// JSON documents, one a line (`application/x-ndjson`).
    case documents(JSONSchema)

    /// Bytes of this media type.
    case bytes(String)

    /// A JSON document of this type.
    static func json<Body: Decodable>(_ type: Body.Type) -> Payload { .document(JSONSchema(of: type)) }

    /// A form with the fields of this type.
    static func form<Body: Decodable>(_ type: Body.Type) -> Payload { .fields(JSONSchema(of: type)) }

    /// JSON documents of this type, one a line.
    static func lines<Body: Decodable>(_ type: Body.Type) -> Payload { .documents(JSONSchema(of: type)) }
}

/// One parameter of a query.
struct QueryParameter: Sendable {
    enum Value: Sendable {
        case text
        case flag
        case number(ClosedRange<Int>)

        /// The key may be there more than once.
        case list

        /// One of these words.
        case word([String])
    }

    let name: String
    let value: Value
    let isRequired: Bool
    let summary: String

    static func text(_ name: String, _ summary: String, isRequired: Bool = false) -> QueryParameter {
        QueryParameter(name: name, value: .text, isRequired: isRequired, summary: summary)
    }

    static func flag(_ name: String, _ summary: String) -> QueryParameter {
        QueryParameter(name: name, value: .flag, isRequired: false, summary: summary)
    }

    static func number(_ name: String, _ range: ClosedRange<Int>, _ summary: String) -> QueryParameter {
        QueryParameter(name: name, value: .number(range), isRequired: false, summary: summary)
    }

    static func list(_ name: String, _ summary: String) -> QueryParameter {
        QueryParameter(name: name, value: .list, isRequired: false, summary: summary)
    }

    static func word(_ name: String, _ words: [String], _ summary: String, isRequired: Bool = false) -> QueryParameter {
        QueryParameter(name: name, value: .word(words), isRequired: isRequired, summary: summary)
    }
}
