/// The form of a JSON document, as far as it can be said of a Swift type.
indirect enum JSONSchema: Sendable, Hashable {
    struct Property: Sendable, Hashable {
        let name: String
        let schema: JSONSchema
        let isRequired: Bool
    }

    /// Any value.
    case any
    case boolean
    case integer
    case number
    case text
    /// One of these.
    case word([String])
    case list(JSONSchema)
    /// An object with any keys.
    case map(JSONSchema)
    case object([Property])
    /// This, or null.
    case nullable(JSONSchema)
    case null
}

/// A type whose JSON form its decoder does not show: it parses a text.
protocol SchemaDescribed {
    static var schema: JSONSchema { get }

    /// Some value, to go on with.
    static var example: Self { get }
}

extension JSONSchema {
    /// The form that `type` decodes from.
    init(of type: any Decodable.Type) {
        do {
            self = try SchemaReader.describe(type, depth: 0).schema
        } catch {
            fatalError("the JSON form of \(type) cannot be told: make it SchemaDescribed (\(error))")
        }
    }
}
