import Crypto
import Foundation
import HubChunks
package import HubCore
import HubDatabase
import HubGit
package import Logging
import NIOPosix

/// Takes over bare git repositories from a folder, as public repositories of the hub.
///
/// What they hold goes the way of a push, by an administrator of the hub, and is refused where a push would be; only
/// the length of one pack is not limited. Refs that the hub has and the folder has not, or that went another way on the
/// hub, stay as they are.
package struct ImportService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let content: ContentStore
    let pushes: PushService
    let limits: HubLimits
    let scratch: String
    let now: Now

    /// Throws a sentence if there is no folder to import from, or none that can be read.
    package static func require(folder: String) throws(HubError) { try ImportFolder.require(folder) }

    /// Takes over what is new in `folder`, one repository after the other.
    ///
    /// What is wrong with one is logged and keeps none of the others away; what is thrown is that the folder cannot be
    /// read.
    ///
    /// - Parameters:
    ///   - bareNameOwner: Who owns the repositories in the folder itself.
    ///   - admitsGuests: Whether anonymous pushes from this machine may be taken at all.
    package func importAll(
        from folder: String,
        bareNameOwner: String,
        admitsGuests: Bool,
        logger: Logger
    ) async throws {
        try await withdrawInvitations()
        let folder = try ImportFolder(folder, bareNameOwner: bareNameOwner)
        for (path, reason) in folder.unread {
            logger.error("A folder was not imported", metadata: ["folder": "\(path)", "reason": "\(reason)"])
        }
        let (items, clashes) = folder.items(preferring: try await places())
        for (item, holder) in clashes {
            let reason =
                "\(holder.path) has the same name on the hub, which takes capitals for small letters; rename one"
            logger.error(
                "A repository was not imported", metadata: ["folder": "\(item.path)", "reason": "\(reason)"])
        }
        let importer = try await importer()
        for item in items {
            var logger = logger
            logger[metadataKey: "folder"] = "\(item.path)"
            do {
                try await take(item, admitsGuests: admitsGuests, by: importer, logger: logger)
            } catch let error as HubError {
                logger.error("A repository was not imported", metadata: ["reason": "\(error)"])
            } catch let error as GitError {
                logger.error("A repository was not imported", metadata: ["reason": "\(error.message)"])
            }
        }
    }

    /// Ends what an earlier run of the hub allowed: from now on nobody pushes without logging in.
    package func withdrawInvitations() async throws {
        try await database.write { connection in
            try connection.execute(
                "UPDATE repository_import SET takes_anonymous_pushes = 0 WHERE takes_anonymous_pushes <> 0")
        }
    }

    /// Where what was imported before came from.
    private func places() async throws -> Set<String> {
        try await database.read { connection in
            Set(try connection.query("SELECT place FROM repository_import").map { try $0.string(0) })
        }
    }

    /// The administrator in whose name repositories are taken over.
    private func importer() async throws -> Caller {
        try await database.read { connection in
            let row = try connection.queryOne(
                """
                SELECT \(AccountRecord.columns) FROM account WHERE kind = 'user' AND is_admin <> 0
                ORDER BY id LIMIT 1
                """)
            guard let row else { throw HubError.unavailable("the hub has no administrator to import repositories for") }
            let account = try AccountRecord(row)
            return Caller(
                user: .init(id: account.id, name: account.name, isAdmin: true), scope: .admin, tokenName: "import")
        }
    }

    // MARK: One repository

    private func take(
        _ item: ImportFolder.Item,
        admitsGuests: Bool,
        by importer: Caller,
        logger: Logger
    ) async throws {
        let id = try RepositoryID(.model, owner: item.owner, name: item.name)
        let survey = try await survey(item)
        let past = try await past(of: id)
        if past?.isImport == false {
            throw HubError.conflict(
                "\(id) is on the hub already, and was not imported; remove or rename one of the two")
        }
        if past?.digest != survey.digest { try requireSomething(of: survey, logger: logger) }
        let start = try await start(id, past, item, by: importer)
        if past?.digest != survey.digest {
            let count: Int
            do {
                count = try await content(of: item, survey, into: start.record, by: importer, logger: logger)
            } catch {
                try await undo(start, by: importer)
                throw error
            }
            logger.info("Repository imported", metadata: ["repo": "\(id)", "refs": "\(count)"])
        }
        let isOpen = survey.takesAnonymousPushes && admitsGuests
        try await database.write { connection in
            try remember(
                start.record, item, digest: survey.digest, isOpen: isOpen, rewinds: isOpen && survey.letsPushesRewind,
                in: connection)
        }
        guard survey.takesAnonymousPushes else { return }
        if admitsGuests {
            logger.notice("Anonymous pushes from this machine are accepted", metadata: ["repo": "\(id)"])
        } else {
            logger.warning(
                "Anonymous pushes are not accepted, because hubd can be reached from elsewhere",
                metadata: ["repo": "\(id)"])
        }
    }

    /// A bare repository as it stands.
    struct Survey: Sendable {
        let refs: BareRepository.Refs
        let head: BareRepository.Head
        let takesAnonymousPushes: Bool
        let letsPushesRewind: Bool
        let digest: [UInt8]
    }

    private func survey(_ item: ImportFolder.Item) async throws -> Survey {
        try await NIOThreadPool.singleton.runIfActive {
            let bare = try BareRepository(path: item.path)
            let refs = try bare.refs()
            let head = try bare.head
            var hash = SHA256()
            if case .branch(let branch) = head {
                hash.update(data: Array("HEAD \(branch.name)\n".utf8))
            } else {
                hash.update(data: Array("HEAD \n".utf8))
            }
            for ref in refs.taken { hash.update(data: Array("\(ref.target.hex) \(ref.name)\n".utf8)) }
            return Survey(
                refs: refs, head: head, takesAnonymousPushes: try bare.takesAnonymousPushes,
                letsPushesRewind: try bare.letsPushesRewind, digest: Array(hash.finalize()))
        }
    }

    /// What the hub has under a name.
    private struct Past: Sendable {
        let record: RepositoryRecord

        /// Of the refs it had when it was imported; nil if it was not.
        let digest: [UInt8]?

        var isImport: Bool { digest != nil }
    }

    private func past(of id: RepositoryID) async throws -> Past? {
        try await database.read { connection in
            guard let record = try RepositoryRecord.find(id, in: connection) else { return nil }
            let row = try connection.queryOne(
                "SELECT digest FROM repository_import WHERE repository_id = ?", [record.rowID])
            return Past(record: record, digest: try row?.blob(0))
        }
    }

    /// Tells which refs are left out, and throws if that leaves nothing.
    private func requireSomething(of survey: Survey, logger: Logger) throws {
        for (name, reason) in survey.refs.leftOut {
            logger.warning("A ref was not imported", metadata: ["ref": "\(name)", "reason": "\(reason)"])
        }
        guard survey.refs.taken.isEmpty, let first = survey.refs.leftOut.first else { return }
        throw HubError.invalid("none of its refs can be taken; \(first.name): \(first.reason)")
    }

    /// A repository into which something is to come, and what of it is new.
    private struct Start: Sendable {
        let record: RepositoryRecord
        var isNew = false
        var ownerIsNew = false
    }

    /// Makes the repository if it is not there, and its owner if nobody has that name.
    ///
    /// In one transaction with the note that it is an import: whatever interrupts what follows, the next start knows.
    private func start(
        _ id: RepositoryID,
        _ past: Past?,
        _ item: ImportFolder.Item,
        by importer: Caller
    ) async throws -> Start {
        if let past {
            // One that was interrupted before anything had come counts as new.
            let isEmpty = try await git.read(past.record.rowID) { git in try git.refs().isEmpty }
            return Start(record: past.record, isNew: isEmpty && past.digest == [])
        }
        let instant = now.seconds
        return try await database.write { connection in
            let ownerIsNew = try AccountRecord.find(id.owner, in: connection) == nil
            if ownerIsNew {
                try AccountService.createOrganization(
                    id.owner, administrator: importer.user?.name ?? "", at: instant, in: connection)
            }
            let record = try RepositoryService.create(
                id, visibility: .public, firstCommit: false, by: importer, at: instant, in: connection)
            try remember(record, item, digest: [], isOpen: false, in: connection)
            return Start(record: record, isNew: true, ownerIsNew: ownerIsNew)
        }
    }

    /// Takes away what was made for an import of which nothing came.
    private func undo(_ start: Start, by importer: Caller) async throws {
        guard start.isNew else { return }
        let instant = now.seconds
        try await database.write { connection in
            try RepositoryService.delete(start.record.id, by: importer, at: instant, in: connection)
            guard start.ownerIsNew else { return }
            try AccountService.removeNewOrganization(start.record.id.owner, in: connection)
        }
    }

    private func remember(
        _ record: RepositoryRecord,
        _ item: ImportFolder.Item,
        digest: [UInt8],
        isOpen: Bool,
        rewinds: Bool = false,
        in connection: any SQLConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO repository_import (
                repository_id, place, digest, takes_anonymous_pushes, lets_guests_rewind, imported_at
            ) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (repository_id) DO UPDATE SET place = excluded.place, digest = excluded.digest,
                takes_anonymous_pushes = excluded.takes_anonymous_pushes,
                lets_guests_rewind = excluded.lets_guests_rewind, imported_at = excluded.imported_at
            """, [record.rowID, item.path, digest, isOpen, rewinds, now.seconds])
    }
}
