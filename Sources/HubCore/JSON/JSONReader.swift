/// Why a text is not JSON, or not JSON within the limits.
package struct JSONError: Error, Hashable {
    package let message: String

    /// Where in the text, in bytes from its start.
    package let offset: Int
}

extension JSONError: CustomStringConvertible {
    package var description: String { "\(message) (at byte \(offset))" }
}

/// What a reader accepts from a stranger, before any of it is allocated.
package struct JSONLimits: Sendable {
    package var byteCount = 256 << 20
    package var depth = 64
    package var values = 8_000_000

    /// Whether `NaN`, `Infinity` and `-Infinity` are numbers, as in what Python's `json` writes.
    package var allowsNonFinite = false

    package init() {}

    package init(byteCount: Int, depth: Int = 64, values: Int, allowsNonFinite: Bool = false) {
        self.byteCount = byteCount
        self.depth = depth
        self.values = values
        self.allowsNonFinite = allowsNonFinite
    }
}

/// Reads JSON strictly (RFC 8259): valid UTF-8, no duplicate keys, nothing after the value, no lone surrogates.
package enum JSONReader {
    package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try unsafe bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) in
            try unsafe parse(buffer, limits: limits)
        }
    }

    /// Reads JSON where it lies, such as in a mapped file.
    package static func parse(
        _ bytes: UnsafeBufferPointer<UInt8>,
        limits: JSONLimits = JSONLimits()
    ) throws(JSONError) -> JSONValue {
        guard bytes.count <= limits.byteCount else {
            throw JSONError(message: "the JSON has \(bytes.count) bytes, more than \(limits.byteCount)", offset: 0)
        }
        do {
            _ = try unsafe UTF8Span(validating: bytes.span)
        } catch {
            throw JSONError(message: "the JSON is not valid UTF-8", offset: error.byteOffsets.lowerBound)
        }
        var parser = unsafe JSONParser(bytes: bytes, limits: limits)
        return try parser.document()
    }
}

/// A recursive descent over bytes already known to be valid UTF-8.
///
/// Lives no longer than the buffer it reads, and looks only below `count`.
@safe
private struct JSONParser {
    private let bytes: UnsafeBufferPointer<UInt8>
    let count: Int
    let limits: JSONLimits
    var offset = 0
    var valueCount = 0

    init(bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits) {
        unsafe self.bytes = bytes
        count = bytes.count
        self.limits = limits
    }

    private subscript(_ place: Int) -> UInt8 { unsafe bytes[place] }

    private subscript(_ places: Range<Int>) -> [UInt8] { unsafe Array(bytes[places]) }

    mutating func document() throws(JSONError) -> JSONValue {
        let value = try value(depth: 0)
        skipSpace()
        guard offset == count else { throw failure("something follows the JSON value") }
        return value
    }

    private mutating func value(depth: Int) throws(JSONError) -> JSONValue {
        guard depth <= limits.depth else { throw failure("the JSON is nested deeper than \(limits.depth)") }
        valueCount += 1
        guard valueCount <= limits.values else { throw failure("the JSON has more than \(limits.values) values") }
        skipSpace()
        guard offset < count else { throw failure("the JSON ends early") }
        switch self[offset] {
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-")
        where limits.allowsNonFinite && offset + 1 < count && self[offset + 1] == UInt8(ascii: "I"):
            return try literal("-Infinity", .number(-.infinity))
        case UInt8(ascii: "I") where limits.allowsNonFinite: return try literal("Infinity", .number(.infinity))
        case UInt8(ascii: "N") where limits.allowsNonFinite: return try literal("NaN", .number(.nan))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw failure("a JSON value is expected")
        }
    }

    private mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        var object = JSONObject()
        offset += 1
        if take("}") { return object }
        repeat {
            skipSpace()
            let start = offset
            guard offset < count, self[offset] == UInt8(ascii: "\"") else { throw failure("a key is expected") }
            let key = try string()
            guard take(":") else { throw failure("':' is expected after a key") }
            guard object.append(key, try value(depth: depth + 1)) else {
                throw JSONError(
                    message: "the key '\(key.string.prefix(200))' stands twice in one object", offset: start)
            }
        } while take(",")
        guard take("}") else { throw failure("',' or '}' is expected") }
        return object
    }

    private mutating func array(depth: Int) throws(JSONError) -> [JSONValue] {
        var values: [JSONValue] = []
        offset += 1
        if take("]") { return values }
        repeat { values.append(try value(depth: depth + 1)) } while take(",")
        guard take("]") else { throw failure("',' or ']' is expected") }
        return values
    }

    private mutating func literal(_ word: String, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let end = offset + word.utf8.count
        guard end <= count, self[offset..<end].elementsEqual(word.utf8) else {
            throw failure("a JSON value is expected")
        }
        offset = end
        return value
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard offset < count, self[offset] == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while offset < count {
            switch self[offset] {
            case 0x20, 0x0A, 0x0D, 0x09: offset += 1
            default: return
            }
        }
    }

    private func failure(_ message: String) -> JSONError { JSONError(message: message, offset: offset) }
}

// MARK: Numbers

extension JSONParser {
    private mutating func number() throws(JSONError) -> JSONValue {
        let start = offset
        let isNegative = self[offset] == UInt8(ascii: "-")
        if isNegative { offset += 1 }
        let leadsWithZero = offset < count && self[offset] == UInt8(ascii: "0")
        let digits = try self.digits()
        guard !leadsWithZero || digits == 1 else { throw failure("a number must not start with 0") }
        var isInteger = true
        if offset < count, self[offset] == UInt8(ascii: ".") {
            isInteger = false
            offset += 1
            _ = try self.digits()
        }
        if offset < count, self[offset] | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            offset += 1
            if offset < count, self[offset] == UInt8(ascii: "-") || self[offset] == UInt8(ascii: "+") {
                offset += 1
            }
            _ = try self.digits()
        }
        let text = String(decoding: self[start..<offset], as: UTF8.self)
        if isInteger, let integer = Int(text), integer != 0 || !isNegative { return .integer(integer) }
        guard let double = Double(text), double.isFinite else {
            throw JSONError(message: "the number does not fit", offset: start)
        }
        return .number(double)
    }

    /// Skips at least one digit, and at most as many as any number in earnest has.
    private mutating func digits() throws(JSONError) -> Int {
        let start = offset
        while offset < count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self[offset]) { offset += 1 }
        guard offset > start else { throw failure("a digit is expected") }
        guard offset - start <= 400 else { throw failure("the number is too long") }
        return offset - start
    }
}

// MARK: Strings

extension JSONParser {
    private mutating func string() throws(JSONError) -> ByteString {
        offset += 1
        let start = offset
        while offset < count {
            switch self[offset] {
            case UInt8(ascii: "\""):
                offset += 1
                return ByteString(validated: self[start..<offset - 1])
            case UInt8(ascii: "\\"): return try escapedString(self[start..<offset])
            case 0..<0x20: throw failure("a control character stands bare in a string")
            default: offset += 1
            }
        }
        throw failure("a string does not end")
    }

    /// Reads on from the first backslash.
    private mutating func escapedString(_ prefix: [UInt8]) throws(JSONError) -> ByteString {
        var text = prefix
        while offset < count {
            let byte = self[offset]
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return ByteString(validated: text)
            case UInt8(ascii: "\\"):
                offset += 1
                try text.append(contentsOf: Array(String(escape()).utf8))
            case 0..<0x20: throw failure("a control character stands bare in a string")
            default:
                text.append(byte)
                offset += 1
            }
        }
        throw failure("a string does not end")
    }

    /// The scalar that the escape after a backslash stands for.
    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard offset < count else { throw failure("a string does not end") }
        let byte = self[offset]
        offset += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(byte)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw failure("'\\' is followed by no escape that JSON knows")
        }
    }

    private mutating func unicodeEscape() throws(JSONError) -> Unicode.Scalar {
        let first = try hexUnit()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00, offset + 1 < count, self[offset] == UInt8(ascii: "\\"),
            self[offset + 1] == UInt8(ascii: "u")
        else { throw failure("half a surrogate pair stands alone") }
        offset += 2
        let second = try hexUnit()
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw failure("half a surrogate pair stands alone") }
        return scalar
    }

    private mutating func hexUnit() throws(JSONError) -> UInt32 {
        guard offset + 4 <= count else { throw failure("'\\u' needs four hex digits") }
        var value: UInt32 = 0
        for byte in self[offset..<offset + 4] {
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw failure("'\\u' needs four hex digits")
            }
            value = value << 4 | UInt32(digit)
        }
        offset += 4
        return value
    }
}
