import HubChunks
package import HubCore
import HubDatabase
import HubGit

/// The large files of a repository as a whole, whatever revision they are in: listed, deleted for good, copied.
package struct LargeFileService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let content: ContentStore
    let access: Access
    let pushes: PushService
    let now: Now

    /// One content a repository has.
    package struct Entry: Sendable {
        /// Where this entry stands in the listing.
        package let place: Int64
        package let digest: ContentDigest
        package let size: Int

        /// The first path it was pushed at; its digest when that was never written down.
        package let path: String
        package let ref: String?

        /// Unix seconds.
        package let pushedAt: Int64
    }

    /// What a repository has, newest first, at most `limit` entries after `place`.
    package func list(
        _ id: RepositoryID,
        after place: Int64?,
        limit: Int,
        for caller: Caller
    ) async throws -> [Entry] {
        try await database.read { connection in
            let record = try Access.repository(id, for: caller, as: .write, in: connection)
            let linked = try ContentStore.linked(to: record.rowID, before: place, limit: limit, in: connection)
            return try linked.map { linked in
                let origin = try LargeFileRecord.find(linked.content.digest, in: record.rowID, connection)
                return Entry(
                    place: linked.id, digest: linked.content.digest, size: linked.content.size,
                    path: origin?.path ?? linked.content.digest.hex, ref: origin?.ref,
                    pushedAt: origin?.pushedAt ?? linked.storedAt)
            }
        }
    }

    /// Takes content out of a repository for good.
    ///
    /// With `rewritingHistory` no revision of any ref names it any more; without, the names stay and lead to nothing.
    /// Other repositories keep what they have.
    package func delete(
        _ digests: [ContentDigest],
        from id: RepositoryID,
        rewritingHistory: Bool,
        by caller: Caller
    ) async throws {
        let record = try await access.repository(id, for: caller, as: .admin)
        let wanted = Set(digests)
        try await database.read { connection in
            for digest in digests where try !ContentStore.isLinked(digest, to: record.rowID, in: connection) {
                throw HubError.entryNotFound("\(id) has no large file \(digest.hex)")
            }
        }
        guard rewritingHistory else { return try await unlink(wanted, from: record, by: caller) }
        let history = try await git.write(record.rowID) { git in try git.historyWithout(wanted) }
        try await pushes.publish(
            Push(
                to: record, by: caller,
                updates: history.moves.map { .init($0.ref.name, from: $0.ref.target, to: $0.new) },
                erasing: wanted, via: "api",
                with: { connection in try Discussion.follow(history.commits, in: record, connection) }))
    }

    private func unlink(_ digests: Set<ContentDigest>, from record: RepositoryRecord, by caller: Caller) async throws {
        let instant = now.seconds
        try await database.write { connection in
            _ = try Access.repository(record.id, for: caller, as: .admin, in: connection)
            try Self.erase(digests, from: record, by: caller, at: instant, in: connection)
        }
    }

    /// The part of a deletion that a publish does with its refs.
    static func erase(
        _ digests: Set<ContentDigest>,
        from record: RepositoryRecord,
        by caller: Caller,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        for digest in try ContentStore.unlink(digests, from: record.rowID, in: connection) {
            try LargeFileRecord.remove(digest, from: record.rowID, connection)
            try Event.record(
                "content-deleted", on: record.rowID, by: caller, payload: ["digest": digest.hex], at: instant,
                in: connection)
        }
    }

    /// A file that someone wants in another repository.
    package struct Wish: Sendable {
        package let digest: ContentDigest
        package let xetHash: XetHash?

        package init(digest: ContentDigest, xetHash: XetHash?) {
            self.digest = digest
            self.xetHash = xetHash
        }
    }

    /// Holds content of one repository for the caller's next push to another; returns what the source does not have.
    package func duplicate(
        _ wishes: [Wish],
        from source: RepositoryID,
        to target: RepositoryID,
        by caller: Caller
    ) async throws -> [ContentDigest] {
        let expiry = content.leaseExpiry
        return try await database.write { connection in
            let origin = try Access.repository(source, for: caller, as: .read, in: connection)
            let goal = try Access.current(target, for: caller, as: .contribute, in: connection)
            guard let user = caller.user else { throw HubError.unauthorized("log in to copy files") }
            var absent: [ContentDigest] = []
            for wish in wishes {
                guard let stored = try ContentStore.linked(wish.digest, to: origin.rowID, in: connection),
                    wish.xetHash == nil || wish.xetHash == stored.fileHash
                else {
                    absent.append(wish.digest)
                    continue
                }
                try ContentStore.hold(
                    wish.digest, for: Lease(uploader: user.id, scope: goal.rowID), until: expiry, in: connection)
            }
            return absent
        }
    }
}
