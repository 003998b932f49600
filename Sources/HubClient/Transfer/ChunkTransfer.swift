/// Moves the chunks of files to and from a CAS: those the other side lacks, each verified.
package struct ChunkTransfer: Sendable {
    let cas: CASConnection
}

/// What opens a CAS for one repository, as a hub's answer to a batch of git-lfs gives it.
package struct ChunkGrant: Sendable, Equatable {
    package var casURL: String
    package var token: String

    /// Unix seconds.
    package var expiry: Int

    /// Where a new token is to be had, with the caller's own login.
    package var refreshRoute: String?

    package init(casURL: String, token: String, expiry: Int, refreshRoute: String?) {
        self.casURL = casURL
        self.token = token
        self.expiry = expiry
        self.refreshRoute = refreshRoute
    }
}
