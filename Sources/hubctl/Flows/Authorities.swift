import Foundation
import HubClient

extension TrustedAuthorities {
    /// Those that git would believe at `url`: of `GIT_SSL_CAINFO`, else of `http.sslCAInfo`, else of `SSL_CERT_FILE`, else
    /// the system's.
    static func asGit(at url: String) throws -> TrustedAuthorities {
        guard url.lowercased().hasPrefix("https:") else { return .system }
        let environment = ProcessInfo.processInfo.environment
        if let file = environment["GIT_SSL_CAINFO"], !file.isEmpty {
            return try .init(file: file, from: "GIT_SSL_CAINFO")
        }
        let key = "http.sslCAInfo"
        if let file = try StockGit.ask("config", "--type=path", "--get-urlmatch", key, url), !file.isEmpty {
            return try .init(file: file, from: "git's \(key)")
        }
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty {
            return try .init(file: file, from: "SSL_CERT_FILE")
        }
        return .system
    }
}
