/// As OpenAPI 3.1 and JSON Schema 2020-12 write it.
extension JSONSchema: Encodable {
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Keyword.self)
        switch self {
        case .any: break
        case .boolean: try container.encode("boolean", forKey: .type)
        case .integer:
            try container.encode("integer", forKey: .type)
            try container.encode("int64", forKey: .format)
        case .number: try container.encode("number", forKey: .type)
        case .text: try container.encode("string", forKey: .type)
        case .word(let words):
            try container.encode("string", forKey: .type)
            try container.encode(words, forKey: .enum)
        case .list(let element):
            try container.encode("array", forKey: .type)
            try container.encode(element, forKey: .items)
        case .map(let value):
            try container.encode("object", forKey: .type)
            try container.encode(value, forKey: .additionalProperties)
        case .object(let properties): try encode(properties, to: &container)
        case .nullable(let schema): try container.encode([schema, .null], forKey: .anyOf)
        case .null: try container.encode("null", forKey: .type)
        }
    }

    private func encode(_ properties: [Property], to container: inout KeyedEncodingContainer<Keyword>) throws {
        try container.encode("object", forKey: .type)
        let schemas = properties.map { ($0.name, $0.isRequired ? $0.schema : .nullable($0.schema)) }
        try container.encode(Dictionary(schemas) { first, _ in first }, forKey: .properties)
        let required = properties.filter(\.isRequired).map(\.name)
        if !required.isEmpty { try container.encode(required, forKey: .required) }
    }

    private enum Keyword: String, CodingKey {
        case type, format, `enum`, items, properties, required, additionalProperties, anyOf
    }
}
