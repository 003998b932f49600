import HubCore
import Yams

/// One YAML document as JSON, by the core schema of YAML 1.2.
enum YAMLDocument {
    private static let depthLimit = 64
    private static let valueLimit = 100_000

    /// The deepest column a line may begin at, and the most brackets that may be open at once.
    ///
    /// Both bound how deep the document nests before anything recursive sees it: each level of a block begins at a
    /// column of its own, or shares it with one other.
    private static let columnLimit = 256
    private static let bracketLimit = 128

    /// How many places may stand for another: each may double what the readers below hold, and keys are compared by
    /// all they hold.
    private static let aliasLimit = 8

    /// The most bytes of text, what aliases repeat included.
    private static let textLimit = 4 << 20

    /// Marks that this reader and the YAML library beneath would take for different things: line breaks of YAML 1.1, and
    /// a byte order mark inside.
    private static let contested: Set<UInt32> = [0x85, 0x2028, 0x2029, 0xFEFF]

    static func read(_ yaml: String) throws(HubError) -> JSONValue {
        guard !yaml.unicodeScalars.contains(where: { contested.contains($0.value) }) else {
            throw .invalid(
                "the metadata has a line break or mark that YAML readers disagree about; use plain line ends")
        }
        guard countAliases(in: Array(yaml.utf8)) <= aliasLimit else {
            throw .invalid("the metadata uses more than \(aliasLimit) YAML aliases")
        }
        guard isShallow(Array(yaml.utf8)) else {
            throw .invalid(
                "the metadata is nested too deep: a line begins beyond column \(columnLimit), "
                    + "or over \(bracketLimit) brackets are open at once")
        }
        let root: Node?
        do {
            root = try Yams.compose(yaml: yaml, .basic)
        } catch {
            throw .invalid("the metadata is not YAML: \(sentence(of: error))")
        }
        guard let root else { return .null }
        var left = (values: valueLimit, bytes: textLimit)
        return try value(of: root, depth: 0, left: &left)
    }

    private static func sentence(of error: any Error) -> String {
        let problem: (text: String, line: Int?)? =
            switch error as? YamlError {
            case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
                .composer(_, let problem, let mark, _):
                (problem, mark.line)
            case .reader(let problem, _, _, _): (problem, nil)
            case .duplicatedKeysInMapping(let keys, _):
                ("the key '\(keys.first.map { String($0.prefix(80)) } ?? "")' is there twice", nil)
            default: nil
            }
        guard let problem else { return "it cannot be read" }
        return problem.text + (problem.line.map { " (line \($0))" } ?? "")
    }

    private static func isShallow(_ bytes: [UInt8]) -> Bool {
        var (column, open, isLeading) = (0, 0, true)
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"): (column, isLeading) = (0, true)
            // Indentation, and the marks of entries that may share a line: `- - - x`.
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "-"), UInt8(ascii: "?"), UInt8(ascii: ":"):
                column += isLeading ? 1 : 0
            case UInt8(ascii: "["), UInt8(ascii: "{"): (open, isLeading) = (open + 1, false)
            case UInt8(ascii: "]"), UInt8(ascii: "}"): (open, isLeading) = (max(0, open - 1), false)
            default: isLeading = false
            }
            guard column <= columnLimit, open <= bracketLimit else { return false }
        }
        return true
    }

    /// What may be an alias: `*name` where a value can begin.
    private static func countAliases(in bytes: [UInt8]) -> Int {
        let before = Set(" \t\r\n[{,:-?".utf8)
        var count = 0
        for place in bytes.indices where bytes[place] == UInt8(ascii: "*") {
            guard place == 0 || before.contains(bytes[place - 1]), place + 1 < bytes.count else { continue }
            let next = Character(Unicode.Scalar(bytes[place + 1]))
            if next.isLetter || next.isNumber || next == "_" || next == "-" { count += 1 }
        }
        return count
    }

    private static func count(_ text: String, _ left: inout Int) throws(HubError) {
        left -= text.utf8.count
        guard left >= 0 else { throw .invalid("the metadata grows over \(textLimit) bytes by its aliases") }
    }

    private static func value(
        of node: Node,
        depth: Int,
        left: inout (values: Int, bytes: Int)
    ) throws(HubError) -> JSONValue {
        left.values -= 1
        guard depth <= depthLimit, left.values >= 0 else {
            throw .invalid("the metadata is nested too deep, or holds more than \(valueLimit) values")
        }
        switch node {
        case .scalar(let scalar):
            try count(scalar.string, &left.bytes)
            return YAMLScalar.value(of: scalar)
        case .alias: throw .invalid("the metadata uses a YAML alias of nothing")
        case .sequence(let sequence):
            var values: [JSONValue] = []
            for element in sequence { values.append(try value(of: element, depth: depth + 1, left: &left)) }
            return .array(values)
        case .mapping(let mapping):
            var object = JSONObject()
            for (key, element) in mapping {
                guard case .scalar(let name) = key else { throw .invalid("a key of the metadata is not a text") }
                try count(name.string, &left.bytes)
                object.set(ByteString(name.string), try value(of: element, depth: depth + 1, left: &left))
            }
            return .object(object)
        }
    }
}

/// What a plain word of YAML means.
private enum YAMLScalar {
    static func value(of scalar: Node.Scalar) -> JSONValue {
        let text = scalar.string
        guard scalar.style == .any || scalar.style == .plain else {
            return .string(ByteString(text))
        }
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE": return .bool(true)
        case "false", "False", "FALSE": return .bool(false)
        default: return number(text) ?? .string(ByteString(text))
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        let digits = text.utf8
        guard digits.count <= 40, let first = digits.first, "+-.0123456789".utf8.contains(first) else { return nil }
        for (prefix, radix) in [("0x", 16), ("0o", 8)] where text.hasPrefix(prefix) {
            return Int(text.dropFirst(2), radix: radix).map { .integer($0) }
        }
        guard digits.allSatisfy({ "+-.0123456789eE".utf8.contains($0) }) else { return nil }
        if let integer = Int(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else { return nil }
        return .number(double)
    }
}
