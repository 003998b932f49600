/// Body of `POST /api/settings/ssh-keys`.
package struct CreateSSHKeyBody: Codable, Sendable {
    /// The line of a `.pub` file.
    package var key: String

    /// A name to know it by; without one, the comment in the line.
    package var title: String?

    package init(key: String, title: String?) {
        self.key = key
        self.title = title
    }
}

/// An item of `GET /api/settings/ssh-keys`.
package struct SSHKeyBody: Codable, Sendable {
    package var id: String
    package var title: String

    /// As SSH calls it, such as `ssh-ed25519`.
    package var type: String

    /// `SHA256:` and the digest in base64, as `ssh-keygen -l` prints it.
    package var fingerprint: String
    package var createdAt: String

    /// To the hour; null if it never was.
    package var lastUsedAt: String?

    package init(
        id: String, title: String, type: String, fingerprint: String, createdAt: String, lastUsedAt: String?
    ) {
        self.id = id
        self.title = title
        self.type = type
        self.fingerprint = fingerprint
        self.createdAt = createdAt
        self.lastUsedAt = lastUsedAt
    }
}
