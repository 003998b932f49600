import HubCore
import NIOSSL

/// A file of certificates or keys that an option names.
struct PEMFile: Sendable {
    let path: String

    /// The option's key, for sentences.
    let option: String

    func contents() throws(HubError) -> [UInt8] { Array(try NamedFile(path: path, role: option).contents()) }

    /// At least one.
    func certificates() throws(HubError) -> [NIOSSLCertificate] {
        let bytes = try contents()
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw HubError.invalid("\(option): '\(path)' holds no certificate in PEM")
        }
        return chain
    }
}
