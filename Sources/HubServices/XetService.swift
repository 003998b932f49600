import HubChunks
package import HubCore
import HubDatabase

/// What a Xet token allows: who, in which repository, reading or also writing.
package struct XetGrant: Codable, Sendable {
    let bearer: Bearer
    let mayWrite: Bool

    /// The store's epoch when the token was made; earlier ones are honoured too.
    let epoch: Int

    package func covers(epoch: Int) -> Bool { (1...self.epoch).contains(epoch) }

    var user: Int64? { bearer.user }
    var repository: Int64 { bearer.repository }
}

/// A well-formed shard whose claims have yet to be verified.
package struct XetShard: Sendable {
    let reader: ShardReader
}

/// The CAS side of the hub: chunks, xorbs, shards and reconstructions, seen through what the asker may read.
///
/// Storage is shared by all repositories; this is where it stops being visible to all (tenet: knowing a hash is not
/// permission).
package struct XetService: Sendable {
    let database: any SQLDatabase
    let content: ContentStore
    let access: Access
    let signer: TokenSigner

    /// Seconds a token or a signed link is good for.
    package static let lifetime: Int64 = 15 * 60

    /// - Parameter lifetime: Seconds the token is good for.
    package func token(
        for record: RepositoryRecord,
        caller: Caller,
        mayWrite: Bool,
        lifetime: Int64 = XetService.lifetime
    ) async throws -> (text: String, expiry: Int64, epoch: Int) {
        let epoch = try await content.epoch()
        let grant = XetGrant(bearer: Bearer(caller, in: record.rowID), mayWrite: mayWrite, epoch: epoch)
        let signed = try signer.sign(grant, purpose: "xet", lifetime: lifetime)
        return (signed.text, signed.expiry, epoch)
    }

    /// What a token allows, if whom it was made for could be given it again.
    package func grant(_ token: String, writing: Bool) async throws -> XetGrant {
        let grant = try signer.verify(token, purpose: "xet", as: XetGrant.self)
        guard grant.mayWrite || !writing else { throw HubError.forbidden("this Xet token may only read") }
        try await access.requireStanding(grant.bearer)
        return grant
    }

    // MARK: Writing

    package func receiveXorb(
        _ hash: XetHash,
        body: some AsyncSequence<[UInt8], any Error> & Sendable,
        grant: XetGrant
    ) async throws -> Bool {
        try await content.receiveXorb(hash, body: body, lease: lease(of: grant))
    }

    package func readShard(_ bytes: [UInt8]) throws -> XetShard { XetShard(reader: try ShardReader(bytes)) }

    /// Registers the shard's files if all it says is true; a new file is read for that, which may take a while.
    package func register(
        _ shard: XetShard,
        grant: XetGrant,
        progress: @escaping @Sendable (_ verified: Int, _ total: Int) -> Void
    ) async throws {
        _ = try await content.register(
            shard.reader, lease: lease(of: grant), mayRead: try await readable(by: grant), progress: progress)
    }

    // MARK: Asking

    /// Whether this asker has sent the xorb lately, so that it need not be sent again.
    package func hasSent(_ xorb: XetHash, grant: XetGrant) async throws -> Bool {
        guard grant.user != nil else { return false }
        return try await content.isLeased(xorb: xorb, by: lease(of: grant))
    }

    /// Where each chunk is stored, as far as this asker may know.
    package func lookup(
        _ chunks: [XetHash],
        grant: XetGrant
    ) async throws -> [(xorb: XetHash, index: Int)?] {
        try await content.lookupChunks(
            chunks, lease: lease(of: grant), mayRead: try await readable(by: grant)
        ).map { place in place.map { ($0.xorb, $0.position) } }
    }

    /// A shard that tells where the chunk and its neighbours are; nil if this asker may not know.
    package func dedupShard(for chunk: XetHash, grant: XetGrant) async throws -> [UInt8]? {
        try await content.dedupShard(
            for: chunk, lease: lease(of: grant), mayRead: try await readable(by: grant))
    }

    // MARK: Reading

    /// How to put a range of a file together; each fetch comes with a signature for just the bytes that are needed.
    package struct Plan: Sendable {
        package struct Term: Sendable {
            package let xorb: XetHash
            package let length: Int
            package let chunks: Range<Int>
        }

        package struct Fetch: Sendable {
            package let xorb: XetHash
            package let signature: String
            package let ranges: [(chunks: Range<Int>, bytes: Range<Int>)]
        }

        package let offsetIntoFirstTerm: Int
        package let terms: [Term]
        package let fetches: [Fetch]
    }

    package func size(of file: XetHash, grant: XetGrant) async throws -> Int {
        try await stored(file, grant: grant).size
    }

    package func reconstruction(of file: XetHash, range: Range<Int>, grant: XetGrant) async throws -> Plan {
        let stored = try await stored(file, grant: grant)
        let reconstruction = try await content.reconstruction(of: stored.digest, range: range)
        let fetches = try reconstruction.fetches.sorted { $0.key < $1.key }.flatMap { xorb, ranges in
            try stride(from: 0, to: ranges.count, by: Self.rangesOfLink).map { start in
                try fetch(ranges[start..<min(start + Self.rangesOfLink, ranges.count)], of: xorb, grant)
            }
        }
        return Plan(
            offsetIntoFirstTerm: reconstruction.offsetIntoFirstRange,
            terms: reconstruction.terms.map {
                .init(xorb: $0.span.xorb, length: $0.length, chunks: $0.span.chunks)
            },
            fetches: fetches
        )
    }

    /// How many ranges one link covers: it has to stay short enough for a URL.
    private static let rangesOfLink = 64

    private func fetch(
        _ ranges: ArraySlice<Reconstruction.Fetch>,
        of xorb: XetHash,
        _ grant: XetGrant
    ) throws -> Plan.Fetch {
        let link = XorbLink(
            xorb: xorb, ranges: ranges.map { [$0.bytes.lowerBound, $0.bytes.upperBound] }, bearer: grant.bearer)
        let signed = try signer.sign(link, purpose: "xorb", lifetime: Self.lifetime)
        return Plan.Fetch(xorb: xorb, signature: signed.text, ranges: ranges.map { ($0.chunks, $0.bytes) })
    }

    /// Opens a xorb for the ranges a signed link is used with; the link must cover each.
    package func openXorb(
        _ xorb: XetHash,
        signature: String,
        ranges: (_ size: Int) throws -> [Range<Int>]
    ) async throws -> OpenXorb {
        let link = try signer.verify(signature, purpose: "xorb", as: XorbLink.self)
        guard link.xorb == xorb else { throw HubError.forbidden("this link is to another xorb") }
        try await access.requireStanding(link.bearer)
        guard let stored = try await content.openXorb(xorb) else {
            throw HubError.notFound("the xorb \(xorb) is not stored")
        }
        let ranges = try ranges(stored.count)
        guard !ranges.isEmpty else {
            throw HubError.invalid("a xorb is read by ranges; send a Range header, such as 'bytes=0-99'")
        }
        guard ranges.allSatisfy(link.covers) else {
            throw HubError.forbidden("this link does not cover the bytes asked for")
        }
        return OpenXorb(xorb: stored, ranges: ranges)
    }

    /// A xorb, and the ranges of it that someone may read.
    package struct OpenXorb: Sendable {
        fileprivate let xorb: VerifiedXorb
        package let ranges: [Range<Int>]

        /// The length of the serialized xorb.
        package var count: Int { xorb.count }

        /// Hands over the bytes of a range in order, each chunk verified.
        package func stream(_ range: Range<Int>, _ write: ([UInt8]) async throws -> Void) async throws {
            try await xorb.stream(range, write)
        }
    }

    private struct XorbLink: Codable {
        let xorb: XetHash

        /// First byte and end of each readable part.
        let ranges: [[Int]]
        let bearer: Bearer

        func covers(_ range: Range<Int>) -> Bool {
            ranges.contains { $0.count == 2 && $0[0] <= range.lowerBound && range.upperBound <= $0[1] }
        }
    }

    private func stored(_ file: XetHash, grant: XetGrant) async throws -> StoredContent {
        let lease = lease(of: grant)
        guard let stored = try await content.content(fileHash: file) else { throw unknown(file) }
        let missing = try await database.read { connection in
            try ContentStore.missing([stored.digest], scope: lease.scope, uploader: grant.user, in: connection)
        }
        guard missing.isEmpty else { throw unknown(file) }
        return stored
    }

    private func unknown(_ file: XetHash) -> HubError { .notFound("the file \(file) is not known here") }

    private func lease(of grant: XetGrant) -> Lease { Lease(uploader: grant.user ?? -1, scope: grant.repository) }

    /// Tells which repositories the grant's user may read.
    private func readable(by grant: XetGrant) async throws -> ScopeAccess {
        let caller = try await caller(of: grant)
        let access = access
        return { scope in
            if scope == grant.repository { return true }
            return try await access.mayRead(scope, caller)
        }
    }

    private func caller(of grant: XetGrant) async throws -> Caller {
        guard let user = grant.user else { return .anonymous }
        return try await database.read { connection in
            let row = try connection.queryOne("SELECT \(AccountRecord.columns) FROM account WHERE id = ?", [user])
            guard let account = try row.map(AccountRecord.init) else { return .anonymous }
            return Caller(
                user: .init(id: account.id, name: account.name, isAdmin: account.isAdmin), scope: .read, tokenName: "")
        }
    }
}
