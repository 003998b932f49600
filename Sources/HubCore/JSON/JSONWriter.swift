extension JSONValue {
    /// The value on one line, without spaces.
    package var compactText: [UInt8] {
        var writer = JSONWriter(indent: nil)
        writer.write(self, level: 0)
        return writer.text
    }

    /// The value over several lines, indented by `indent` spaces, as Python's `json.dumps(indent:)` lays it out.
    package func prettyText(indent: Int = 2) -> [UInt8] {
        var writer = JSONWriter(indent: indent)
        writer.write(self, level: 0)
        return writer.text
    }
}

private struct JSONWriter {
    let indent: Int?
    var text: [UInt8] = []

    init(indent: Int?) { self.indent = indent }

    mutating func write(_ value: JSONValue, level: Int) {
        switch value {
        case .null: append("null")
        case .bool(let value): append(value ? "true" : "false")
        case .integer(let value): append(String(value))
        case .number(let value): append(value.isFinite ? "\(value)" : "null")
        case .string(let value): write(value)
        case .array(let values):
            list("[", "]", values, level: level) { writer, value in writer.write(value, level: level + 1) }
        case .object(let object):
            let colon = indent == nil ? ":" : ": "
            list("{", "}", Array(object.members), level: level) { writer, member in
                writer.write(member.0)
                writer.append(colon)
                writer.write(member.1, level: level + 1)
            }
        }
    }

    private mutating func list<Element>(
        _ open: String,
        _ close: String,
        _ elements: [Element],
        level: Int,
        _ body: (inout JSONWriter, Element) -> Void
    ) {
        append(open)
        for (place, element) in elements.enumerated() {
            if place > 0 { append(",") }
            newLine(level + 1)
            body(&self, element)
        }
        if !elements.isEmpty { newLine(level) }
        append(close)
    }

    private mutating func newLine(_ level: Int) {
        guard let indent else { return }
        text.append(UInt8(ascii: "\n"))
        text.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
    }

    private mutating func write(_ string: ByteString) {
        text.append(UInt8(ascii: "\""))
        for byte in string.bytes {
            switch byte {
            case UInt8(ascii: "\""): append("\\\"")
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x10: append("\\u000\(String(byte, radix: 16))")
            case 0x10..<0x20: append("\\u00\(String(byte, radix: 16))")
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    private mutating func append(_ part: String) { text.append(contentsOf: part.utf8) }
}
