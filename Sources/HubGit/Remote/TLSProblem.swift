/// Why no TLS conversation with another machine came about, its certificate aside.
package enum TLSProblem: Sendable, Equatable {
    /// What answered is no TLS at all, as when plain HTTP is served there.
    case plain
    case other(String)

    /// What mbed TLS calls a record that is none (`MBEDTLS_ERR_SSL_INVALID_RECORD`).
    private static let invalidRecord: Int32 = -0x7200

    /// Nil if libgit2 does not speak of TLS: with mbed TLS it tells a number, with others a sentence.
    package init?(libgit2 message: String) {
        guard message.hasPrefix("SSL error") else { return nil }
        let code = message.split(whereSeparator: { " :,".contains($0) }).lazy.compactMap { word in
            word.hasPrefix("0x") ? UInt32(word.dropFirst(2), radix: 16).map(Int32.init(bitPattern:)) : nil
        }.first
        self.init(isPlain: code == Self.invalidRecord || Self.speaksOfVersion(message), message)
    }

    /// What BoringSSL says about a handshake that failed.
    package init(boringSSL message: String) { self.init(isPlain: Self.speaksOfVersion(message), message) }

    private init(isPlain: Bool, _ message: String) { self = isPlain ? .plain : .other(message) }

    /// The first bytes of an answer in clear stand where TLS has its version.
    private static func speaksOfVersion(_ message: String) -> Bool {
        message.lowercased().replacing("_", with: " ").contains("wrong version number")
    }

    package func sentence(about host: String) -> String {
        switch self {
        case .plain:
            "'\(host)' does not speak TLS at this port; see whether the port is right, or whether the URL begins with "
                + "http://"
        case .other(let reason):
            "no TLS connection to '\(host)' came about; it must speak TLS 1.2 or newer (\(reason.prefix(200)))"
        }
    }
}
