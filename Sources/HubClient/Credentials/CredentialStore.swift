import Foundation
package import HubCore

/// The file that keeps tokens: `hubctl/credentials.json` below the user's configuration folder.
///
/// The file is readable by its owner only, and so is its folder.
package struct CredentialStore: Sendable {
    /// The file's path.
    package let path: String

    private let environment: [String: String]

    /// The longest file that is read.
    private static let limit = 1 << 20

    /// Finds the file by `XDG_CONFIG_HOME`, or else by `HOME`.
    package init(environment: [String: String]) throws(HubError) {
        func folder(_ name: String) -> String? { environment[name].flatMap { $0.hasPrefix("/") ? $0 : nil } }
        guard let base = folder("XDG_CONFIG_HOME") ?? folder("HOME").map({ "\($0)/.config" }) else {
            throw .invalid("neither XDG_CONFIG_HOME nor HOME is set, so there is no place for credentials")
        }
        path = "\(base)/hubctl/credentials.json"
        self.environment = environment
    }

    private var folder: String { String(path.dropLast("/credentials.json".count)) }

    /// What is stored; nothing if no one has logged in yet.
    package func load() throws -> Credentials {
        guard FileManager.default.fileExists(atPath: path) else { return Credentials() }
        let data = try LocalFile.open(path, for: .reading).readAll(limit: Self.limit)
        do {
            return try JSONDecoder().decode(Credentials.self, from: Data(data))
        } catch is DecodingError {
            throw HubError.invalid("\(path) is damaged; remove it and run 'hubctl login' again")
        }
    }

    /// Replaces the file; other users never see its content, not even for a moment.
    package func save(_ credentials: Credentials) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: folder)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let text = try encoder.encode(credentials) + Data("\n".utf8)
        try LocalFile.replace(path, with: Array(text), mode: 0o600)
    }

    /// Loads, lets `change` work on it, and saves.
    package func update<Result>(_ change: (inout Credentials) throws -> Result) throws -> Result {
        var credentials = try load()
        let result = try change(&credentials)
        try save(credentials)
        return result
    }

    /// The hub a command talks to, and the token it shows there.
    ///
    /// The address is `url` if given, else `HUB_URL`, else the default hub. The token is `HUB_TOKEN`, or else the
    /// one stored for that address; nil when there is none. A stored token goes to its own hub only; `HUB_TOKEN`
    /// goes wherever the command does.
    package func resolve(url: String? = nil) throws -> (address: HubAddress, token: String?) {
        let credentials = try load()
        guard let text = url ?? value("HUB_URL") ?? credentials.defaultURL else {
            throw HubError.unauthorized(
                "no hub is known; run 'hubctl login URL --token TOKEN' or set HUB_URL and HUB_TOKEN")
        }
        let address = try HubAddress(parsing: text)
        return (address, value("HUB_TOKEN") ?? credentials.hub(at: address)?.token)
    }

    /// The token for one hub: `HUB_TOKEN` if `HUB_URL` names it, else the one stored for it.
    package func resolve(hub address: HubAddress) throws -> String? {
        if let url = value("HUB_URL"), let token = value("HUB_TOKEN"), try HubAddress(parsing: url) == address {
            return token
        }
        return try load().hub(at: address)?.token
    }

    func value(_ name: String) -> String? {
        environment[name].flatMap { $0.isEmpty ? nil : $0 }
    }
}
