/// A value in a GGUF file's metadata.
///
/// Texts are bytes: the specification wants UTF-8, but tokens of real vocabularies are not always.
package enum GGUFValue: Hashable, Sendable {
    case integer(Int)
    case number(Double)
    case bool(Bool)
    case text([UInt8])
    case integers([Int])
    case numbers([Double])
    case bools([Bool])
    case texts([[UInt8]])

    package var int: Int? { if case .integer(let value) = self { value } else { nil } }

    package var double: Double? {
        switch self {
        case .number(let value): value
        case .integer(let value): Double(value)
        default: nil
        }
    }

    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    package var string: String? {
        if case .text(let bytes) = self { String(decoding: bytes, as: UTF8.self) } else { nil }
    }

    package var ints: [Int]? { if case .integers(let values) = self { values } else { nil } }

    package var texts: [[UInt8]]? { if case .texts(let values) = self { values } else { nil } }

    /// The number of elements; 1 for what is no array.
    package var count: Int {
        switch self {
        case .integers(let values): values.count
        case .numbers(let values): values.count
        case .bools(let values): values.count
        case .texts(let values): values.count
        default: 1
        }
    }

    /// "a number", "an array of texts" …: for messages.
    package var kind: String {
        switch self {
        case .integer: "an integer"
        case .number: "a number"
        case .bool: "a boolean"
        case .text: "a text"
        case .integers: "an array of integers"
        case .numbers: "an array of numbers"
        case .bools: "an array of booleans"
        case .texts: "an array of texts"
        }
    }
}
