/// What an access token may be used for.
package enum TokenRole: String, Codable, Sendable, CaseIterable {
    case read
    case write
    case admin
}

/// Body of `POST /api/settings/tokens`.
package struct CreateTokenBody: Codable, Sendable {
    package var name: String
    package var role: TokenRole?

    /// Seconds until it expires; null is never.
    package var expiresIn: Int64?
}

/// An item of `GET /api/settings/tokens`.
package struct TokenBody: Codable, Sendable {
    package var id: String
    package var name: String
    package var role: TokenRole
    package var createdAt: String
    package var expiresAt: String?

    /// Whether the request was made with it.
    package var isCurrent: Bool

    /// The token itself: only in the answer that tells of its making.
    package var token: String?

    package init(
        id: String, name: String, role: TokenRole, createdAt: String, expiresAt: String?, isCurrent: Bool,
        token: String? = nil
    ) {
        self.id = id
        self.name = name
        self.role = role
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.isCurrent = isCurrent
        self.token = token
    }
}
