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

    /// The row of the SSH key in use; nil for callers without one.
    package let keyID: Int64?

    /// Whether nobody in particular asks, from this very machine: who may push where `Access` says so, and is anonymous
    /// everywhere else.
    package let isLoopbackGuest: Bool

    /// The row of the only repository that exists for this caller; nil is no limit.
    package let confinement: Int64?

    package static let loopbackGuest = Caller(user: nil, scope: .read, tokenName: "", isLoopbackGuest: true)

    package static let anonymous = Caller(user: nil, scope: .read, tokenName: "")

    package init(
        user: User?, scope: TokenScope, tokenName: String, tokenID: Int64? = nil, keyID: Int64? = nil,
        isLoopbackGuest: Bool = false,
        confinement: Int64? = nil
    ) {
        self.user = user
        self.scope = scope
        self.tokenName = tokenName
        self.tokenID = tokenID
        self.keyID = keyID
        self.isLoopbackGuest = isLoopbackGuest
        self.confinement = confinement
    }

    /// Whether the hub itself may be administered.
    package var administersHub: Bool { user?.isAdmin == true && scope == .admin }
}
