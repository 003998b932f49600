import HTTPTypes

extension OpenAPIDocument {
    /// One method of one path.
    struct Operation: Encodable {
        let operationId: String
        let summary: String
        let tags: [String]
        let parameters: [Parameter]
        let requestBody: RequestBody?
        let responses: [String: Answer]
        let security: [[String: [String]]]

        init(_ route: RouteDescription) {
            operationId = Self.identifier(of: route)
            summary = route.summary
            tags = [route.topic]
            parameters = route.parameterNames.map { Parameter(inPath: $0) } + route.query.map { Parameter($0) }
            requestBody = RequestBody(route.body)
            responses = [
                "200": Answer(description: "What was asked for.", content: route.answer.content),
                "default": Answer(
                    description: "Another outcome; an error says in a sentence what to do.",
                    content: ["application/json": MediaType(schema: .reference("Error"))]),
            ]
            let isXet = route.path.hasPrefix("xet/v")
            security =
                route.findsCaller ? [[:], ["token": []], ["password": []]] : isXet ? [[:], ["xetToken": []]] : []
        }

        /// The method and the words of the path, which no other route has together.
        private static func identifier(of route: RouteDescription) -> String {
            let words = route.template.split { !$0.isLetter && !$0.isNumber }.map(String.init)
            return ([route.method.rawValue.lowercased()] + words).joined(separator: "-")
        }
    }

    struct Answer: Encodable {
        let description: String
        let content: [String: MediaType]?
    }

    struct MediaType: Encodable {
        let schema: Schema
    }

    /// A schema in place, or the name of one among the components.
    enum Schema: Encodable {
        case inPlace(JSONSchema)
        case reference(String)
        case binary

        private enum Keyword: String, CodingKey {
            case reference = "$ref"
            case type, format
        }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .inPlace(let schema): try schema.encode(to: encoder)
            case .reference(let name):
                var container = encoder.container(keyedBy: Keyword.self)
                try container.encode("#/components/schemas/\(name)", forKey: .reference)
            case .binary:
                var container = encoder.container(keyedBy: Keyword.self)
                try container.encode("string", forKey: .type)
                try container.encode("binary", forKey: .format)
            }
        }
    }

    struct RequestBody: Encodable {
        let required = true
        let content: [String: MediaType]

        init?(_ payload: Payload) {
            guard let content = payload.content else { return nil }
            self.content = content
        }
    }

    struct Parameter: Encodable {
        let name: String
        let `in`: String
        let required: Bool
        let description: String
        let schema: ParameterSchema

        init(_ query: QueryParameter) {
            name = query.name
            `in` = "query"
            required = query.isRequired
            description = query.summary
            schema = ParameterSchema(query.value)
        }

        init(inPath name: String) {
            self.name = name
            `in` = "path"
            required = true
            description = Self.meanings[name] ?? "The \(name)."
            schema = ParameterSchema(type: "string")
        }

        private static let meanings = [
            "owner": "The user or organisation that owns the repository.",
            "name": "The repository's name.",
            "revision": "A branch, tag, commit id or full ref name; a slash in it is written %2F.",
            "path": "The path of a file or folder; each of its segments is percent-encoded.",
            "hash": "A Xet hash: 64 hex digits.",
            "prefix": "Anything; clients say `default`.",
            "digest": "The SHA-256 of the content: 64 hex digits.",
            "range": "Two revisions, A..B.",
        ]
    }

    struct ParameterSchema: Encodable {
        struct Items: Encodable {
            let type = "string"
        }

        var type: String
        var `enum`: [String]?
        var minimum: Int?
        var maximum: Int?
        var items: Items?

        init(type: String) { self.type = type }

        init(_ value: QueryParameter.Value) {
            switch value {
            case .text: type = "string"
            case .flag: type = "boolean"
            case .list:
                type = "array"
                items = Items()
            case .number(let range):
                type = "integer"
                minimum = range.lowerBound
                maximum = range.upperBound
            case .word(let words):
                type = "string"
                `enum` = words
            }
        }
    }
}

extension Payload {
    /// The body by its media type; nil without one.
    fileprivate var content: [String: OpenAPIDocument.MediaType]? {
        switch self {
        case .none: nil
        case .document(let schema): ["application/json": .init(schema: .inPlace(schema))]
        case .fields(let schema): ["application/x-www-form-urlencoded": .init(schema: .inPlace(schema))]
        case .documents(let schema): ["application/x-ndjson": .init(schema: .inPlace(schema))]
        case .bytes(let type): [type: .init(schema: .binary)]
        }
    }
}
