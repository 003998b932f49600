import HubCore

/// The JSON file named by `--config`: values by key, of whatever types stand there.
struct ConfigFile: Sendable {
    let path: String
    private let root: JSONObject

    init(path: String) throws(HubError) {
        self.path = path
        guard PathState(path) != .nothing else { throw .notFound("there is no configuration file '\(path)'") }
        let data = try NamedFile(path: path, role: "the configuration").contents()
        let value: JSONValue
        do {
            value = try JSONReader.parse(Array(data), limits: JSONLimits(byteCount: 1 << 20, values: 10_000))
        } catch {
            throw .invalid("the configuration file '\(path)' is not JSON: \(error)")
        }
        guard case .object(let root) = value else {
            throw .invalid("the configuration file '\(path)' must hold a JSON object and holds \(value.words)")
        }
        self.root = root
    }

    /// The text at `key`; nil if nothing stands there.
    func string(_ key: String) throws(HubError) -> String? {
        switch self[key] {
        case nil: return nil
        case .string(let text)?: return text.string
        case let value?: throw wrong(key, value, expected: "text in quotes")
        }
    }

    func flag(_ key: String) throws(HubError) -> Bool? {
        switch self[key] {
        case nil: return nil
        case .bool(let flag)?: return flag
        case let value?: throw wrong(key, value, expected: "true or false")
        }
    }

    func int(_ key: String) throws(HubError) -> Int? {
        switch self[key] {
        case nil: return nil
        case let value? where value.double != nil:
            guard let whole = value.int else {
                throw wrong(key, value, expected: "a whole number of at most \(Int.max)")
            }
            return whole
        case let value?: throw wrong(key, value, expected: "a whole number")
        }
    }

    /// Throws for a key that is not `known`: a limit spelled wrong would silently not hold.
    func refuseOthers(than known: Set<[String]>) throws(HubError) {
        let others = Self.paths(in: .object(root)).filter { !known.contains($0) }
        guard let other = others.min(by: { $0.joined() < $1.joined() }) else { return }
        let key = other.joined(separator: ".")
        let isFlat = known.contains(key.split(separator: ".").map(String.init))
        throw .invalid(
            isFlat
                ? "'\(key)' in '\(path)' must be written as nested objects; see docs/operating.md"
                : "'\(key)' in '\(path)' is not an option of hubd; see docs/operating.md")
    }

    private subscript(key: String) -> JSONValue? {
        var value = JSONValue.object(root)
        for part in key.split(separator: ".") {
            guard case .object(let object) = value, let inner = object[String(part)] else { return nil }
            value = inner
        }
        return value
    }

    private func wrong(_ key: String, _ value: JSONValue, expected: String) -> HubError {
        .invalid("'\(key)' in '\(path)' must be \(expected) and is \(value.words)")
    }

    private static func paths(in value: JSONValue, below prefix: [String] = []) -> [[String]] {
        guard case .object(let object) = value else { return [prefix] }
        return object.members.flatMap { paths(in: $0.1, below: prefix + [$0.0.string]) }
    }
}

extension JSONValue {
    /// How the value is called in a sentence.
    fileprivate var words: String {
        switch self {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .integer(let number): "the number \(number)"
        case .number(let number): "the number \(number)"
        case .string(let text): "the text '\(text.string.prefix(200))'"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
