import Crypto
import Foundation
import HubChunks
import HubCore
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
    let accounts: AccountService
    let repositories: RepositoryService
    let pushes: PushService
    let limits: HubLimits
    let scratch: String
    let now: Now

    /// So many refs are published at a time.
    private static let refsPerPush = 500

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
        let items = try ImportFolder(folder, bareNameOwner: bareNameOwner).items
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
        let record = try await record(id, past, by: importer)
        // Whatever interrupts what follows, the next start knows that it is an import.
        if past == nil { try await remember(record, item, digest: [], isOpen: false) }
        if past?.digest != survey.digest {
            do {
                try await content(of: item, survey, into: record, by: importer, logger: logger)
            } catch {
                if past == nil { try await repositories.delete(id, by: importer) }
                throw error
            }
            logger.info("Repository imported", metadata: ["repo": "\(id)", "refs": "\(survey.refs.taken.count)"])
        }
        let isOpen = survey.takesAnonymousPushes && admitsGuests
        try await remember(
            record, item, digest: survey.digest, isOpen: isOpen, rewinds: isOpen && survey.letsPushesRewind)
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
    private struct Survey: Sendable {
        let refs: BareRepository.Refs
        let defaultBranch: RefName?
        let takesAnonymousPushes: Bool
        let letsPushesRewind: Bool
        let digest: [UInt8]
    }

    private func survey(_ item: ImportFolder.Item) async throws -> Survey {
        try await NIOThreadPool.singleton.runIfActive {
            let bare = try BareRepository(path: item.path)
            let refs = try bare.refs()
            let branch = try bare.defaultBranch
            var hash = SHA256()
            hash.update(data: Array("HEAD \(branch?.name ?? "")\n".utf8))
            for ref in refs.taken { hash.update(data: Array("\(ref.target.hex) \(ref.name)\n".utf8)) }
            return Survey(
                refs: refs, defaultBranch: branch, takesAnonymousPushes: try bare.takesAnonymousPushes,
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

    private func record(_ id: RepositoryID, _ past: Past?, by importer: Caller) async throws -> RepositoryRecord {
        if let past { return past.record }
        let isThere = try await database.read { connection in
            try AccountRecord.find(id.owner, in: connection) != nil
        }
        if !isThere {
            _ = try await accounts.createOrganization(id.owner, administrator: importer.user?.name ?? "")
        }
        return try await repositories.create(id, visibility: .public, firstCommit: false, by: importer)
    }

    private func remember(
        _ record: RepositoryRecord,
        _ item: ImportFolder.Item,
        digest: [UInt8],
        isOpen: Bool,
        rewinds: Bool = false
    ) async throws {
        let instant = now.seconds
        try await database.write { connection in
            try connection.execute(
                """
                INSERT INTO repository_import (
                    repository_id, place, digest, takes_anonymous_pushes, lets_guests_rewind, imported_at
                ) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (repository_id) DO UPDATE SET place = excluded.place, digest = excluded.digest,
                    takes_anonymous_pushes = excluded.takes_anonymous_pushes,
                    lets_guests_rewind = excluded.lets_guests_rewind, imported_at = excluded.imported_at
                """, [record.rowID, item.path, digest, isOpen, rewinds, instant])
        }
    }

    // MARK: What it holds

    private func content(
        of item: ImportFolder.Item,
        _ survey: Survey,
        into record: RepositoryRecord,
        by importer: Caller,
        logger: Logger
    ) async throws {
        for (name, reason) in survey.refs.leftOut {
            logger.warning("A ref was not imported", metadata: ["ref": "\(name)", "reason": "\(reason)"])
        }
        try await setDefaultBranch(survey, of: record, onlyIfEmpty: true)
        try await ingestLargeFiles(of: item, into: record, by: importer)
        let updates = try await updates(to: survey.refs.taken, of: item, in: record, logger: logger)
        for start in stride(from: 0, to: updates.count, by: Self.refsPerPush) {
            let slice = Array(updates[start..<min(start + Self.refsPerPush, updates.count)])
            try await publish(slice, of: item, to: record, by: importer, logger: logger)
        }
        try await setDefaultBranch(survey, of: record, onlyIfEmpty: false)
    }

    /// The default branch goes before all others, so that it is there when they are looked at.
    private func updates(
        to refs: [GitRef],
        of item: ImportFolder.Item,
        in record: RepositoryRecord,
        logger: Logger
    ) async throws -> [Push.Update] {
        let (present, standard) = try await git.read(record.rowID) { git in (try git.refs(), try git.defaultBranch) }
        let targets = Dictionary(uniqueKeysWithValues: present.map { ($0.name, $0) })
        let differing = refs.filter { ref in targets[ref.name]?.target != ref.target }
        let forward = try await NIOThreadPool.singleton.runIfActive {
            let bare = try BareRepository(path: item.path)
            return try differing.map { ref in
                guard let old = targets[ref.name] else { return true }
                return try ref.name.isBranch && bare.isForward(from: old.commit, to: ref.commit)
            }
        }
        var updates: [Push.Update] = []
        for (ref, isForward) in zip(differing, forward) {
            guard isForward else {
                logger.warning(
                    "A ref was not imported",
                    metadata: ["ref": "\(ref.name)", "reason": "it stands elsewhere on the hub, and stays there"])
                continue
            }
            updates.append(.init(ref.name, from: targets[ref.name]?.target, to: ref.target))
        }
        return updates.filter { $0.ref == standard } + updates.filter { $0.ref != standard }
    }

    private func publish(
        _ updates: [Push.Update],
        of item: ImportFolder.Item,
        to record: RepositoryRecord,
        by importer: Caller,
        logger: Logger
    ) async throws {
        let known = try await git.read(record.rowID) { git in try git.refs().map(\.commit) }
        var bounds = limits.packs
        bounds.packBytes = bounds.inflatedBytes
        let (scratch, packLimits) = (scratch, bounds)
        let quarantine = try await NIOThreadPool.singleton.runIfActive {
            try BareRepository(path: item.path).quarantine(
                updates.compactMap(\.new), hiding: known, scratch: scratch, limits: packLimits)
        }
        let outcome = try await pushes.publishEach(
            Push(to: record, by: importer, updates: updates, quarantine: quarantine, via: "import"))
        for (ref, reason) in outcome.refused {
            logger.warning("A ref was not imported", metadata: ["ref": "\(ref)", "reason": "\(reason)"])
        }
    }

    private func setDefaultBranch(
        _ survey: Survey,
        of record: RepositoryRecord,
        onlyIfEmpty: Bool
    ) async throws {
        guard let branch = survey.defaultBranch else { return }
        try await git.write(record.rowID) { git in
            let refs = try git.refs()
            // A branch that is not there yet does not take the place of one that is.
            let isThere = refs.contains { $0.name == branch }
            guard refs.isEmpty || (!onlyIfEmpty && (isThere || !refs.contains { $0.name.isBranch })) else { return }
            try git.setDefaultBranch(branch)
        }
    }

    private func ingestLargeFiles(
        of item: ImportFolder.Item,
        into record: RepositoryRecord,
        by importer: Caller
    ) async throws {
        let lease = Lease(uploader: importer.user?.id ?? -1, scope: record.rowID)
        for (digest, path, size) in item.largeFiles() {
            guard size <= limits.contentBytes else {
                throw HubError.tooLarge("the large file \(digest) has more than \(limits.contentBytes) bytes")
            }
            let missing = try await database.read { connection in
                try ContentStore.missing([digest], scope: lease.scope, uploader: lease.uploader, in: connection)
            }
            guard !missing.isEmpty else { continue }
            let stored = try await content.ingest(lease: lease) { take in
                let file = try FileHandle(forReadingFrom: URL(filePath: path))
                while let piece = try await Self.read(file) { try await take(piece) }
                try file.close()
            }
            guard stored.digest == digest else {
                throw HubError.invalid("the large file \(digest) is damaged: its SHA-256 is \(stored.digest)")
            }
        }
    }

    private static func read(_ file: FileHandle) async throws -> [UInt8]? {
        try await NIOThreadPool.singleton.runIfActive {
            let bytes = try file.read(upToCount: 1 << 20) ?? Data()
            return bytes.isEmpty ? nil : Array(bytes)
        }
    }
}
