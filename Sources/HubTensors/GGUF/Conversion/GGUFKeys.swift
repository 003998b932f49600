import HubCore

/// The metadata of one architecture, read with bounds: what is missing or absurd is refused by its name.
struct GGUFKeys {
    private let file: GGUFFile

    init(_ file: GGUFFile) { self.file = file }

    subscript(_ key: String) -> GGUFValue? { file["\(file.architecture).\(key)"] }

    func int(_ key: String, in range: ClosedRange<Int>) throws(HubError) -> Int {
        guard let value = try optionalInt(key, in: range) else {
            throw refusal("'\(file.architecture).\(key)' is missing")
        }
        return value
    }

    /// A number for all layers; a list of one number for each is taken when they are equal.
    func optionalInt(_ key: String, in range: ClosedRange<Int>) throws(HubError) -> Int? {
        guard let value = self[key] else { return nil }
        let numbers = value.ints ?? [value.int].compactMap(\.self)
        guard let number = numbers.first, numbers.allSatisfy({ $0 == number }) else {
            throw refusal("'\(file.architecture).\(key)' is \(value.kind), not one integer for all layers")
        }
        guard range.contains(number) else {
            throw refusal(
                "'\(file.architecture).\(key)' is \(number); expected \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number as it was written before it became a 32-bit float.
    func optionalDouble(_ key: String) -> Double? {
        self[key]?.double.map { Double(Float($0).description) ?? $0 }
    }

    func double(_ key: String) throws(HubError) -> Double {
        guard let value = optionalDouble(key), value.isFinite else {
            throw refusal("'\(file.architecture).\(key)' is missing or no number")
        }
        return value
    }

    func refusal(_ sentence: String) -> HubError { .refused([Finding(.error, sentence, in: file.path)]) }
}
