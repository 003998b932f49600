import Foundation
import HubCore
import NIOSSL

/// A file of certificates or keys that an option names.
struct PEMFile: Sendable {
    let path: String

    /// The option's key, for sentences.
    let option: String

    func contents() throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: path) else {
            throw HubError.invalid("\(option): there is no file '\(path)'")
        }
        guard FileManager.default.isReadableFile(atPath: path), let data = FileManager.default.contents(atPath: path)
        else { throw HubError.invalid("\(option): the file '\(path)' cannot be read by this user") }
        return Array(data)
    }

    /// At least one.
    func certificates() throws -> [NIOSSLCertificate] {
        let bytes = try contents()
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw HubError.invalid("\(option): '\(path)' holds no certificate in PEM")
        }
        return chain
    }
}
