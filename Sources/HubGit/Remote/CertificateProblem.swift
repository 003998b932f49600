/// Why the certificate of another machine is not believed.
package enum CertificateProblem: Sendable, Equatable {
    case untrusted
    case otherName
    case notNow
    case other(String)

    /// What libgit2 says about it: with mbed TLS a number of flags, with others a sentence.
    package init(libgit2 message: String) {
        let flags = message.split(separator: " ").lazy.compactMap { word in
            word.hasPrefix("0x") ? UInt32(word.dropFirst(2), radix: 16) : nil
        }.first
        self =
            switch flags {
            case let flags? where flags & 0x08 != 0: .untrusted
            case let flags? where flags & 0x04 != 0: .otherName
            case let flags? where flags & 0x0201 != 0: .notNow
            default: .other(message)
            }
    }

    package func sentence(about host: String) -> String {
        switch self {
        case .untrusted:
            "the certificate of '\(host)' is signed by nobody the hub trusts; "
                + "mirror.ca-file names certificates of further authorities"
        case .otherName: "the certificate that '\(host)' shows is for another host name"
        case .notNow: "the certificate of '\(host)' has expired or is not valid yet"
        case .other(let reason): "the certificate of '\(host)' is not valid: \(reason.prefix(200))"
        }
    }
}
