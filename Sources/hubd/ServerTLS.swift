import HubCore
import HubHTTP
import HummingbirdCore
import HummingbirdHTTP2
import NIOSSL

/// The certificate the hub shows to its clients, and the key that proves it.
struct ServerTLS: Sendable {
    /// Files in PEM; the certificate is followed by those that vouch for it.
    let certificate: String
    let key: String

    /// Nil if neither is given.
    init?(certificate: String?, key: String?) throws {
        switch (certificate, key) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            self.certificate = certificate
            self.key = key
        case (nil, _): throw HubError.invalid("tls.key is given without tls.certificate; TLS needs both")
        case (_, nil): throw HubError.invalid("tls.certificate is given without tls.key; TLS needs both")
        }
    }

    /// HTTP over TLS: version 2 with clients that offer it, else 1.1.
    func server() throws -> HTTPServerBuilder {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: try chain().map { .certificate($0) }, privateKey: .privateKey(try privateKey()))
        configuration.minimumTLSVersion = .tlsv12
        do {
            // Made once to see whether the two belong together; the server would only say so to its first client.
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw HubError.invalid("the key in '\(key)' does not belong to the certificate in '\(certificate)'")
        }
        return try .http2Upgrade(
            tlsConfiguration: configuration,
            configuration: .init(
                streamConfiguration: .init(additionalChannelHandlers: [ConnectionWindow(), OrderlyClose()])))
    }

    private func chain() throws -> [NIOSSLCertificate] {
        try PEMFile(path: certificate, option: "tls.certificate").certificates()
    }

    private func privateKey() throws -> NIOSSLPrivateKey {
        let bytes = try PEMFile(path: key, option: "tls.key").contents()
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw HubError.invalid(
                "tls.key: '\(key)' holds no private key in PEM; keys with a passphrase are not understood")
        }
        return key
    }
}
