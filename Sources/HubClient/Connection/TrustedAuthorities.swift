import Foundation
package import HubCore
import NIOSSL

/// Whose certificates a client believes: the system's store of authorities, or those of a file in its place.
package struct TrustedAuthorities: Sendable {
    private let certificates: [NIOSSLCertificate]?

    package static let system = TrustedAuthorities(certificates: nil)

    private init(certificates: [NIOSSLCertificate]?) { self.certificates = certificates }

    /// Reads a file of certificates in PEM; throws ``HubError/invalid(_:)`` if it is not there or holds none.
    ///
    /// - Parameter setting: Where the file was named, for sentences.
    package init(file path: String, from setting: String) throws(HubError) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .invalid("\(setting): the file '\(path)' cannot be read")
        }
        guard let certificates = try? NIOSSLCertificate.fromPEMBytes(Array(data)), !certificates.isEmpty else {
            throw .invalid("\(setting): '\(path)' holds no certificate in PEM")
        }
        self.certificates = certificates
    }

    var configuration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let certificates { configuration.trustRoots = .certificates(certificates) }
        return configuration
    }

    /// What is wrong with the certificate, or with what speaks instead of TLS, that a connection failed by; nil if that
    /// was not why.
    static func problem(behind error: any Error) -> String? {
        if let error = error as? NIOSSLExtraError, error == .failedToValidateHostname {
            return "its certificate is for another host name"
        }
        guard let error = error as? NIOSSLError, case .handshakeFailed(let reason) = error else { return nil }
        let text = "\(reason)"
        if text.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is signed by nobody who is trusted here, or has expired; "
                + "git's http.sslCAInfo or SSL_CERT_FILE may name a file of authorities"
        }
        if text.contains("WRONG_VERSION_NUMBER") || text.contains("HTTP_REQUEST") {
            return "it does not speak TLS there; try http://"
        }
        return nil
    }
}
