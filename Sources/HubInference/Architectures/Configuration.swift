import HubCore
import HubTensors

/// A model's config.json, read with bounds: whatever is missing, of the wrong kind or absurd is an error that
/// names the key.
package struct Configuration: Sendable {
    static let path = "config.json"

    let root: JSONValue

    package init(_ bytes: [UInt8]) throws(InferenceError) {
        do {
            root = try JSONReader.parse(bytes, limits: JSONLimits(byteCount: 4 << 20, depth: 32, values: 100_000))
        } catch {
            throw .invalid("the configuration cannot be read: \(error)", path: Self.path)
        }
        guard root.object != nil else { throw .invalid("the configuration is no JSON object", path: Self.path) }
    }

    init(_ value: JSONValue) { root = value }

    /// The member, with `null` as good as absent.
    subscript(_ key: String) -> JSONValue? { root[key].flatMap { $0.isNull ? nil : $0 } }

    /// A whole number within `range`.
    func int(_ key: String, in range: ClosedRange<Int>) throws(InferenceError) -> Int {
        guard let value = try optionalInt(key, in: range) else {
            throw .invalid("'\(key)' is missing", path: Self.path)
        }
        return value
    }

    func optionalInt(_ key: String, in range: ClosedRange<Int>) throws(InferenceError) -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw .invalid(
                "'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)", path: Self.path)
        }
        return number
    }

    func double(_ key: String, default standard: Double, in range: ClosedRange<Double>) throws(InferenceError) -> Double
    {
        guard let value = self[key] else { return standard }
        guard let number = value.double, range.contains(number) else {
            throw .invalid(
                "'\(key)' must be a number from \(range.lowerBound) to \(range.upperBound)", path: Self.path)
        }
        return number
    }

    func bool(_ key: String, default standard: Bool) throws(InferenceError) -> Bool {
        guard let value = self[key] else { return standard }
        guard let bool = value.bool else { throw .invalid("'\(key)' must be true or false", path: Self.path) }
        return bool
    }

    func string(_ key: String, default standard: String) throws(InferenceError) -> String {
        guard let value = self[key] else { return standard }
        guard let string = value.string else { throw .invalid("'\(key)' must be a string", path: Self.path) }
        return string
    }

    /// The object under `key`, as a configuration of its own.
    func nested(_ key: String) throws(InferenceError) -> Configuration? {
        guard let value = self[key] else { return nil }
        guard value.object != nil else { throw .invalid("'\(key)' must be an object", path: Self.path) }
        return Configuration(value)
    }
}
