/// The pkt-line framing of git's protocols (gitprotocol-common): four hex digits of length, then the payload.
enum PacketLine: Equatable {
    case flush

    /// Between the parts of a request or an answer of version 2.
    case delimiter
    case data([UInt8])

    static let flushBytes = Array("0000".utf8)
    static let delimiterBytes = Array("0001".utf8)

    /// Longest payload one packet can carry.
    static let payloadLimit = 65516

    static func encode(_ payload: some Collection<UInt8>) -> [UInt8] {
        var bytes: [UInt8] = []
        append(payload, to: &bytes)
        return bytes
    }

    static func encode(_ text: String) -> [UInt8] { encode(text.utf8) }

    static func append(_ payload: some Collection<UInt8>, to bytes: inout [UInt8]) {
        appendLength(of: payload.count, to: &bytes)
        bytes += payload
    }

    /// Appends what stands before a payload of `count` bytes.
    static func appendLength(of count: Int, to bytes: inout [UInt8]) {
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: (count + 4) >> shift) & 15
            bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit)
        }
    }

    /// The payload as text without its final newline; nil for a flush.
    var text: String? {
        guard case .data(let bytes) = self else { return nil }
        return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    /// Reads the length in front of a packet, itself included; 0 is a flush and 1 a delimiter.
    static func length(_ digits: some Collection<UInt8>) throws(GitError) -> Int {
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let length = Int(String(decoding: digits, as: UTF8.self), radix: 16), length != 2, length != 3,
            length <= payloadLimit + 4
        else { throw GitError(code: .invalid, message: "the request is not in git's packet format") }
        return length
    }
}

/// Reads packets out of a whole request.
struct PacketReader {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next packet, or nil at the end.
    mutating func next() throws(GitError) -> PacketLine? {
        guard place < bytes.count else { return nil }
        let length = try PacketLine.length(bytes[place..<min(place + 4, bytes.count)])
        guard length > 1 else {
            place += 4
            return length == 0 ? .flush : .delimiter
        }
        guard place + length <= bytes.count else {
            throw GitError(code: .endOfFile, message: "the request ends in the middle of a packet")
        }
        defer { place += length }
        return .data(Array(bytes[(place + 4)..<(place + length)]))
    }
}
