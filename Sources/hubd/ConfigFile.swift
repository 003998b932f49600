import Foundation
import HubCore

/// The JSON file named by `--config`: values by key, of whatever types stand there.
struct ConfigFile: Sendable {
    let path: String
    private let root: [String: Value]

    init(path: String) throws(HubError) {
        self.path = path
        guard PathState(path) != .nothing else { throw .notFound("there is no configuration file '\(path)'") }
        let data = try NamedFile(path: path, role: "the configuration").contents()
        let value: Value
        do {
            value = try JSONDecoder().decode(Value.self, from: data)
        } catch {
            throw .invalid("the configuration file '\(path)' is not JSON\(Self.fault(in: data))")
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
        case .string(let text)?: return text
        case let value?: throw wrong(key, value, expected: "text in quotes")
        }
    }

    func flag(_ key: String) throws(HubError) -> Bool? {
        switch self[key] {
        case nil: return nil
        case .flag(let flag)?: return flag
        case let value?: throw wrong(key, value, expected: "true or false")
        }
    }

    func int(_ key: String) throws(HubError) -> Int? {
        switch self[key] {
        case nil: return nil
        case .number(let number)?:
            guard let whole = Int("\(number)") else {
                throw wrong(key, .number(number), expected: "a whole number of at most \(Int.max)")
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

    private subscript(key: String) -> Value? {
        var value = Value.object(root)
        for part in key.split(separator: ".") {
            guard case .object(let object) = value, let inner = object[String(part)] else { return nil }
            value = inner
        }
        return value
    }

    private func wrong(_ key: String, _ value: Value, expected: String) -> HubError {
        .invalid("'\(key)' in '\(path)' must be \(expected) and is \(value.words)")
    }

    private static func paths(in value: Value, below prefix: [String] = []) -> [[String]] {
        guard case .object(let object) = value else { return [prefix] }
        return object.flatMap { paths(in: $0.value, below: prefix + [$0.key]) }
    }

    /// Where the JSON breaks off, which the decoder does not tell.
    private static func fault(in data: Data) -> String {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return ""
        } catch {
            let text = (error as NSError).userInfo["NSDebugDescription"] as? String
            return text.map { ": \($0)" } ?? ""
        }
    }
}

extension ConfigFile {
    /// What JSON can say.
    private enum Value: Decodable, Sendable {
        case null
        case flag(Bool)
        case number(Decimal)
        case string(String)
        case list([Value])
        case object([String: Value])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let flag = try? container.decode(Bool.self) {
                self = .flag(flag)
            } else if let number = try? container.decode(Decimal.self) {
                self = .number(number)
            } else if let text = try? container.decode(String.self) {
                self = .string(text)
            } else if let list = try? container.decode([Value].self) {
                self = .list(list)
            } else {
                self = .object(try container.decode([String: Value].self))
            }
        }

        /// How the value is called in a sentence.
        var words: String {
            switch self {
            case .null: "null"
            case .flag(let flag): "\(flag)"
            case .number(let number): "the number \(number)"
            case .string(let text): "the text '\(text.prefix(200))'"
            case .list: "a list"
            case .object: "an object"
            }
        }
    }
}
