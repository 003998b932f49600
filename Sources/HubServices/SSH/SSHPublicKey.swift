import Crypto
import Foundation
package import HubCore

/// A public key of a kind the hub lets in, in the form SSH sends it (RFC 4253, RFC 5656, RFC 8709; OpenSSH's PROTOCOL.u2f).
///
/// Parsing is the only way to make one: every field is there, has the right length, and nothing follows.
package struct SSHPublicKey: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        case ed25519 = "ssh-ed25519"
        case ecdsa256 = "ecdsa-sha2-nistp256"
        case ecdsa384 = "ecdsa-sha2-nistp384"
        case ecdsa521 = "ecdsa-sha2-nistp521"
        case rsa = "ssh-rsa"
        case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
        case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
    }

    package let kind: Kind
    package let bytes: [UInt8]

    /// What stands behind the key in a file; it means nothing.
    package let comment: String

    private static let byteLimit = 8192

    /// Parses the line of a `.pub` file: kind, key in base64, perhaps a comment.
    package init(parsing line: String) throws(HubError) {
        let text = line.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.contains("PRIVATE KEY") else {
            throw .invalid("this is a private key; keep it to yourself and give the file that ends in .pub")
        }
        guard !text.contains(where: \.isNewline) else {
            throw .invalid("a public key is one line: its kind, the key in base64, a comment")
        }
        let words = text.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        guard words.count >= 2 else {
            throw .invalid("this is not a public key; expected a line like 'ssh-ed25519 AAAA… name'")
        }
        try self.init(
            kind: String(words[0]), base64: String(words[1]), comment: words.count > 2 ? String(words[2]) : "")
    }

    /// Takes the words of such a line that stand apart.
    package init(kind word: String, base64: String, comment: String = "") throws(HubError) {
        guard let kind = Kind(rawValue: word) else {
            throw .invalid(
                "keys of the kind '\(word.prefix(60))' are not taken; make one with: ssh-keygen -t ed25519")
        }
        guard base64.utf8.count <= Self.byteLimit, let data = Data(base64Encoded: base64),
            data.base64EncodedString() == base64
        else { throw .invalid("the key is not in base64") }
        bytes = Array(data)
        self.kind = kind
        self.comment = comment
        try Self.check(bytes, kind)
    }

    /// Takes bytes that were checked when they were stored.
    init(stored bytes: [UInt8], kind: Kind) {
        self.bytes = bytes
        self.kind = kind
        comment = ""
    }

    package var base64: String { Data(bytes).base64EncodedString() }

    var digest: [UInt8] { Array(SHA256.hash(data: bytes)) }

    /// As `ssh-keygen -l` prints it.
    package var fingerprint: String { Self.fingerprint(of: digest) }

    static func fingerprint(of digest: [UInt8]) -> String {
        "SHA256:" + Data(digest).base64EncodedString().replacing("=", with: "")
    }

    private static func check(_ bytes: [UInt8], _ kind: Kind) throws(HubError) {
        var fields = SSHFields(bytes)
        guard try fields.next() == Array(kind.rawValue.utf8) else {
            throw .invalid("the key is not of the kind '\(kind.rawValue)' that stands before it")
        }
        switch kind {
        case .ed25519: try check(try fields.next().count == 32)
        case .ecdsa256: try checkPoint(&fields, on: "nistp256", length: 32)
        case .ecdsa384: try checkPoint(&fields, on: "nistp384", length: 48)
        case .ecdsa521: try checkPoint(&fields, on: "nistp521", length: 66)
        case .rsa: try checkRSA(exponent: try fields.next(), modulus: try fields.next())
        case .securityKeyEd25519:
            try check(try fields.next().count == 32)
            try checkApplication(try fields.next())
        case .securityKeyECDSA:
            try checkPoint(&fields, on: "nistp256", length: 32)
            try checkApplication(try fields.next())
        }
        try check(fields.isAtEnd)
    }

    private static func checkPoint(_ fields: inout SSHFields, on curve: String, length: Int) throws(HubError) {
        try check(try fields.next() == Array(curve.utf8))
        let point = try fields.next()
        try check(point.count == 1 + 2 * length && point.first == 4)
    }

    private static func checkRSA(exponent: [UInt8], modulus: [UInt8]) throws(HubError) {
        for number in [exponent, modulus] {
            // Positive, odd, and no longer than it must be.
            try check(!number.isEmpty && number[0] < 0x80 && number[number.count - 1] & 1 == 1)
            try check(number[0] != 0 || number.count > 1 && number[1] >= 0x80)
        }
        try check(exponent.count <= 8 && exponent != [1])
        let digits = modulus.drop { $0 == 0 }
        let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
        guard bits >= 2048 else {
            throw .invalid("the RSA key has \(bits) bits, and needs 2048; make one with: ssh-keygen -t ed25519")
        }
        guard bits <= 16_384 else { throw .invalid("the RSA key has \(bits) bits, more than the 16384 allowed") }
    }

    private static func checkApplication(_ text: [UInt8]) throws(HubError) {
        try check((1...255).contains(text.count) && text.allSatisfy { (0x21...0x7E).contains($0) })
    }

    private static func check(_ isSound: Bool) throws(HubError) {
        guard isSound else { throw .invalid("the key is damaged: copy the whole line of the .pub file") }
    }
}

/// Reads strings, each behind its length in four bytes (RFC 4251, section 5).
private struct SSHFields {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func next() throws(HubError) -> [UInt8] {
        guard rest.count >= 4 else { throw .invalid("the key is cut short") }
        let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(4)
        guard length <= rest.count else { throw .invalid("the key is cut short") }
        defer { rest = rest.dropFirst(length) }
        return Array(rest.prefix(length))
    }
}
