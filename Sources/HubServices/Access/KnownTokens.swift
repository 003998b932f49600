import Synchronization

/// Tokens that were looked up lately, by their digest: true as long as nothing was committed since.
final class KnownTokens: Sendable {
    struct Owner: Sendable {
        let caller: Caller

        /// Unix seconds; nil is never.
        let expiresAt: Int64?
    }

    private struct Known {
        let owner: Owner
        let version: Int64
    }

    private let known = Mutex<[[UInt8]: Known]>([:])

    /// More are not remembered: then all are forgotten and looked up again.
    private static let limit = 10_000

    /// - Parameter version: The database's, as of now.
    func owner(of digest: [UInt8], at version: Int64) -> Owner? {
        known.withLock { known in
            guard let found = known[digest], found.version == version else { return nil }
            return found.owner
        }
    }

    /// - Parameter version: The database's, from before the token was looked up.
    func remember(_ owner: Owner, of digest: [UInt8], at version: Int64) {
        known.withLock { known in
            if known.count >= Self.limit, known[digest] == nil { known.removeAll() }
            known[digest] = Known(owner: owner, version: version)
        }
    }
}
