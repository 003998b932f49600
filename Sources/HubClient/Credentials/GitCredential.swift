/// What git tells a credential helper, and what it is answered (gitcredentials(7), git-credential(1)).
package struct GitCredential: Sendable, Equatable {
    package var `protocol`: String?

    /// With the port, if it is not the usual one.
    package var host: String?

    /// Of the repository, where git is told to tell it (`credential.useHttpPath`).
    package var path: String?
    package var username: String?
    package var password: String?

    package init() {}

    /// Reads lines `KEY=VALUE`; unknown keys and what comes after an empty line do not matter.
    package init(parsing lines: some Sequence<String>) {
        for line in lines {
            guard !line.isEmpty else { break }
            guard let sign = line.firstIndex(of: "=") else { continue }
            let value = String(line[line.index(after: sign)...])
            switch line[..<sign] {
            case "protocol": `protocol` = value
            case "host": host = value
            case "path": path = value
            case "username": username = value
            case "password": password = value
            default: break
            }
        }
    }

    /// Whether `hub` is where these credentials are for.
    package func isFor(_ hub: HubAddress) -> Bool {
        guard let `protocol`, let host, hub.origin == "\(`protocol`)://\(host)".lowercased() else { return false }
        // Without a path, the host has to do.
        guard let path, !hub.path.isEmpty else { return true }
        return "/\(path)/".hasPrefix("\(hub.path)/")
    }

    /// The lines that give git somebody's token; nil if git asks for somebody else.
    package func answer(user: String?, token: String) -> String? {
        guard username == nil || user == nil || username == user else { return nil }
        return "username=\(username ?? user ?? "hub")\npassword=\(token)\n"
    }
}

extension CredentialStore {
    /// What git is to send to the hub it asks for: the lines, or nil where nobody is logged in there.
    ///
    /// `HUB_TOKEN` goes only to the hub that `HUB_URL` names.
    package func answer(to question: GitCredential) throws -> String? {
        if let url = value("HUB_URL"), let token = value("HUB_TOKEN"), let address = try? HubAddress(parsing: url),
            question.isFor(address)
        {
            return question.answer(user: nil, token: token)
        }
        guard let hub = try hub(of: question) else { return nil }
        return question.answer(user: hub.user, token: hub.token)
    }

    /// Forgets a login whose token the hub has refused; other tokens are none of ours.
    package func erase(_ refused: GitCredential) throws {
        guard let hub = try hub(of: refused), refused.password == hub.token else { return }
        let address = try HubAddress(parsing: hub.url)
        try update { _ = $0.remove(address) }
    }

    private func hub(of question: GitCredential) throws -> Credentials.Hub? {
        try load().hubs.last { hub in
            guard let address = try? HubAddress(parsing: hub.url) else { return false }
            return question.isFor(address)
        }
    }
}
