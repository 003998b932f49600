/// Who is asking.
package struct Caller: Sendable, Hashable {
    package struct User: Sendable, Hashable {
        package let id: Int64
        package let name: String
        package let isAdmin: Bool
    }

    /// Nil is anonymous.
    package let user: User?
    package let scope: TokenScope

    /// The name its owner gave to the token in use.
    package let tokenName: String

    /// The row of the token in use; nil for callers without one.
    package let tokenID: Int64?

    package static let anonymous = Caller(user: nil, scope: .read, tokenName: "")

    package init(user: User?, scope: TokenScope, tokenName: String, tokenID: Int64? = nil) {
        self.user = user
        self.scope = scope
        self.tokenName = tokenName
        self.tokenID = tokenID
    }

    /// Whether the hub itself may be administered.
    package var administersHub: Bool { user?.isAdmin == true && scope == .admin }
}
