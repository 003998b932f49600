import HubServices

/// Something that must be so before a hub starts: 'serve' ends with the first that is not, 'doctor' tells of all.
struct StartCheck: Sendable {
    let name: String

    /// What was looked at.
    let subject: String

    /// Throws a sentence if it is not so.
    let run: @Sendable () throws -> Void

    static func all(of config: HubdConfig) -> [StartCheck] {
        var checks = [
            StartCheck(name: "address", subject: config.listen) { try config.address.checkHost() },
            StartCheck(name: "blobs", subject: config.data) {
                try DataFolder(path: config.data).requireDatabaseOfBlobs()
            },
        ]
        if let tls = config.tls {
            checks.append(StartCheck(name: "TLS", subject: tls.certificate) { _ = try tls.server() })
        }
        if let file = config.mirrorAuthorities {
            checks.append(StartCheck(name: "mirror.ca-file", subject: file.path) { _ = try file.certificates() })
        }
        if let folder = config.importFolder {
            checks.append(StartCheck(name: "import", subject: folder) { try ImportService.require(folder: folder) })
        }
        return checks
    }
}
