/// A decoder of nothing: it watches what a type asks for and writes that down as a schema.
struct SchemaReader: Decoder {
    /// What has been asked for at one place.
    final class Record {
        var schema = JSONSchema.any
        var properties: [JSONSchema.Property] = []
    }

    struct Failure: Error {
        let reason: String
    }

    /// Types that hold themselves are told to this depth.
    private static let depthLimit = 8

    let record = Record()
    let depth: Int
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    /// The schema of a type, and some value of it.
    static func describe<Value: Decodable>(_ type: Value.Type, depth: Int) throws -> (schema: JSONSchema, value: Value)
    {
        if let described = type as? any SchemaDescribed.Type, let value = example(described) as? Value {
            return (described.schema, value)
        }
        if let words = type as? any CaseIterable.Type, let (texts, value) = cases(words) as? ([String], Value) {
            return (.word(texts), value)
        }
        let reader = SchemaReader(depth: depth)
        let value = try Value(from: reader)
        guard let map = type as? any StringMap.Type else { return (reader.record.schema, value) }
        return (.map(try map.describeValue(depth: depth + 1)), value)
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        record.schema = .object(record.properties)
        return KeyedDecodingContainer(KeyedSchemaReader(record: record, depth: depth))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        record.schema = .list(.any)
        return ListSchemaReader(record: record, depth: depth, isAtEnd: depth > Self.depthLimit)
    }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        SingleSchemaReader(record: record, depth: depth)
    }

    private static func example<Type: SchemaDescribed>(_: Type.Type) -> Any { Type.example }

    private static func cases<Type: CaseIterable>(_: Type.Type) -> Any? {
        let texts = Type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard let first = Type.allCases.first, texts.count == Type.allCases.count else { return nil }
        return (texts, first)
    }
}

/// A dictionary whose keys are whatever the sender likes.
private protocol StringMap {
    static func describeValue(depth: Int) throws -> JSONSchema
}

extension Dictionary: StringMap where Key == String, Value: Decodable {
    fileprivate static func describeValue(depth: Int) throws -> JSONSchema {
        try SchemaReader.describe(Value.self, depth: depth).schema
    }
}

private final class KeyedSchemaReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let record: SchemaReader.Record
    let depth: Int
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    /// The key that was asked about before it is read: it may be absent.
    private var optionalKey: String?

    init(record: SchemaReader.Record, depth: Int) {
        self.record = record
        self.depth = depth
    }

    func contains(_ key: Key) -> Bool {
        optionalKey = key.stringValue
        return true
    }

    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, value) = try SchemaReader.describe(type, depth: depth + 1)
        let isRequired = optionalKey != key.stringValue
        record.properties.append(.init(name: key.stringValue, schema: schema, isRequired: isRequired))
        record.schema = .object(record.properties)
        return value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw SchemaReader.Failure(reason: "nested containers") }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
        throw SchemaReader.Failure(reason: "nested containers")
    }

    func superDecoder() throws -> any Decoder { throw SchemaReader.Failure(reason: "super decoders") }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw SchemaReader.Failure(reason: "super decoders") }
}

private struct ListSchemaReader: UnkeyedDecodingContainer {
    let record: SchemaReader.Record
    let depth: Int
    var isAtEnd: Bool
    let codingPath: [any CodingKey] = []
    let count: Int? = 1
    var currentIndex: Int { isAtEnd ? 1 : 0 }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        isAtEnd = true
        let (schema, value) = try SchemaReader.describe(type, depth: depth + 1)
        record.schema = .list(schema)
        return value
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        throw SchemaReader.Failure(reason: "nested containers")
    }

    func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        throw SchemaReader.Failure(reason: "nested containers")
    }

    func superDecoder() throws -> any Decoder { throw SchemaReader.Failure(reason: "super decoders") }
}

private struct SingleSchemaReader: SingleValueDecodingContainer {
    let record: SchemaReader.Record
    let depth: Int
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }

    func decode(_ type: Bool.Type) -> Bool { note(.boolean, false) }
    func decode(_ type: String.Type) -> String { note(.text, "") }
    func decode(_ type: Double.Type) -> Double { note(.number, 0) }
    func decode(_ type: Float.Type) -> Float { note(.number, 0) }
    func decode(_ type: Int.Type) -> Int { note(.integer, 0) }
    func decode(_ type: Int8.Type) -> Int8 { note(.integer, 0) }
    func decode(_ type: Int16.Type) -> Int16 { note(.integer, 0) }
    func decode(_ type: Int32.Type) -> Int32 { note(.integer, 0) }
    func decode(_ type: Int64.Type) -> Int64 { note(.integer, 0) }
    func decode(_ type: UInt.Type) -> UInt { note(.integer, 0) }
    func decode(_ type: UInt8.Type) -> UInt8 { note(.integer, 0) }
    func decode(_ type: UInt16.Type) -> UInt16 { note(.integer, 0) }
    func decode(_ type: UInt32.Type) -> UInt32 { note(.integer, 0) }
    func decode(_ type: UInt64.Type) -> UInt64 { note(.integer, 0) }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, value) = try SchemaReader.describe(type, depth: depth + 1)
        record.schema = schema
        return value
    }

    private func note<Value>(_ schema: JSONSchema, _ value: Value) -> Value {
        record.schema = schema
        return value
    }
}
