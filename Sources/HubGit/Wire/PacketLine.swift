/// The pkt-line framing of git's protocols (gitprotocol-common): four hex digits of length, then the payload.
enum PacketLine: Equatable {
    case flush
    case data([UInt8])

    static let flushBytes = Array("0000".utf8)

    /// Longest payload one packet can carry.
    static let payloadLimit = 65516

    static func encode(_ payload: some Collection<UInt8>) -> [UInt8] {
        let length = String(payload.count + 4, radix: 16)
        return Array((String(repeating: "0", count: 4 - length.count) + length).utf8) + payload
    }

    static func encode(_ text: String) -> [UInt8] { encode(Array(text.utf8)) }

    /// The payload as text without its final newline; nil for a flush.
    var text: String? {
        guard case .data(let bytes) = self else { return nil }
        return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
    }

    /// Reads the length in front of a packet, itself included; 0 is a flush.
    static func length(_ digits: some Collection<UInt8>) throws(GitError) -> Int {
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let length = Int(String(decoding: digits, as: UTF8.self), radix: 16), length == 0 || length >= 4,
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
        guard length > 0 else {
            place += 4
            return .flush
        }
        guard place + length <= bytes.count else {
            throw GitError(code: .endOfFile, message: "the request ends in the middle of a packet")
        }
        defer { place += length }
        return .data(Array(bytes[(place + 4)..<(place + length)]))
    }
}
