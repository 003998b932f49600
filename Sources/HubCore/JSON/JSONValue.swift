/// A JSON value as it stood in the text: objects keep the order and the exact bytes of their keys.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits.
    case integer(Int)
    /// Any other number.
    case number(Double)
    case string(ByteString)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var isNull: Bool { self == .null }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The value of a number without fraction, `4.0` and `1e3` included.
    package var int: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package var string: String? { byteString?.string }

    package var byteString: ByteString? { if case .string(let value) = self { value } else { nil } }

    package var array: [JSONValue]? { if case .array(let values) = self { values } else { nil } }

    package var object: JSONObject? { if case .object(let object) = self { object } else { nil } }

    /// The member called `key`; nil when absent, and when this is no object.
    package subscript(_ key: String) -> JSONValue? { object?[ByteString(key)] }

    /// "an object", "a string" …: for messages.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// The members of a JSON object, in their order, each key once.
package struct JSONObject: Hashable, Sendable {
    package private(set) var keys: [ByteString] = []
    package private(set) var values: [JSONValue] = []
    private var places: [ByteString: Int] = [:]

    /// Small objects are searched, larger ones are indexed.
    private static let indexThreshold = 12

    package init() {}

    package init(_ members: KeyValuePairs<ByteString, JSONValue>) {
        for (key, value) in members { set(key, value) }
    }

    package var count: Int { keys.count }

    package subscript(_ key: ByteString) -> JSONValue? { place(of: key).map { values[$0] } }

    package subscript(_ key: String) -> JSONValue? { self[ByteString(key)] }

    package var members: Zip2Sequence<[ByteString], [JSONValue]> { zip(keys, values) }

    /// Appends a member; false, and no change, if `key` is there already.
    package mutating func append(_ key: ByteString, _ value: JSONValue) -> Bool {
        guard place(of: key) == nil else { return false }
        keys.append(key)
        values.append(value)
        if keys.count == Self.indexThreshold {
            for (place, key) in keys.enumerated() { places[key] = place }
        } else if keys.count > Self.indexThreshold {
            places[key] = keys.count - 1
        }
        return true
    }

    /// Replaces the value of `key` where it stands, or appends it.
    package mutating func set(_ key: ByteString, _ value: JSONValue) {
        if let place = place(of: key) { values[place] = value } else { _ = append(key, value) }
    }

    private func place(of key: ByteString) -> Int? {
        keys.count < Self.indexThreshold ? keys.firstIndex(of: key) : places[key]
    }

    package static func == (one: JSONObject, other: JSONObject) -> Bool {
        one.keys == other.keys && one.values == other.values
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(keys)
        hasher.combine(values)
    }
}
