/// What someone may do with a repository; each role includes the ones before it.
package enum Role: String, Sendable, Codable, CaseIterable, Comparable {
    /// See that it is there, its card, its history and the names of its files.
    ///
    /// All that a gated repository gives to those who were not let in; it is not a role one can be given.
    case see
    /// See and download.
    case read
    /// Also push branches other than the default one.
    case contribute
    /// Also push everywhere, tag and merge.
    case write
    /// Also change visibility and delete.
    case admin

    /// What members of an organisation can be given.
    package static let ofMembers: [Role] = [.read, .contribute, .write, .admin]

    package static func < (one: Role, other: Role) -> Bool { one.rank < other.rank }
    private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// What a token may be used for, whatever its user may do.
package enum TokenScope: String, Sendable, Codable, CaseIterable {
    case read
    case write
    case admin

    /// The highest role this scope lets its bearer act in.
    ///
    /// A `write` token may delete and change repositories its user administers, as on other hubs; only what concerns
    /// the whole hub needs `admin`.
    var ceiling: Role {
        switch self {
        case .read: .read
        case .write, .admin: .admin
        }
    }
}
