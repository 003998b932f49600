import CLibgit2
import Foundation
import HubCore
import Synchronization

/// Whose certificates libgit2's client believes in this process: the system's, and those of authorities named beside.
enum RemoteTrust {
    private static let believed = Mutex<[UInt8]>([])

    /// Where systems keep all they believe in one file.
    private static let systemFiles = [
        "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem",
    ]

    /// Believes in `roots` (certificates in PEM) as in the system's from now on.
    ///
    /// - Parameter scratch: A folder for the file that libgit2 reads once.
    static func believe(in roots: [UInt8], scratch: String) throws {
        try believed.withLock { now in
            guard now != roots else { return }
            let file = "\(scratch)/roots-\(UInt64.random(in: .min ... .max)).pem"
            defer { try? FileManager.default.removeItem(atPath: file) }
            // What libgit2 is told takes the place of what it believed.
            let system = systemFiles.lazy.compactMap { FileManager.default.contents(atPath: $0) }.first ?? Data()
            try (system + Data("\n".utf8) + Data(roots)).write(to: URL(filePath: file))
            try git { hub_git_set_certificates(file) }
            now = roots
        }
    }
}
