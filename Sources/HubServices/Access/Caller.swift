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

    package static let anonymous = Caller(user: nil, scope: .read, tokenName: "")

    package init(user: User?, scope: TokenScope, tokenName: String) {
        self.user = user
        self.scope = scope
        self.tokenName = tokenName
    }

    /// Whether the hub itself may be administered.
    package var administersHub: Bool { user?.isAdmin == true && scope == .admin }
}
