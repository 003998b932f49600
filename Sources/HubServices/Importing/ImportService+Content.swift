import Foundation
import HubChunks
import HubCore
import HubDatabase
import HubGit
import Logging
import NIOPosix

extension ImportService {
    /// So many refs are published at a time.
    private static let refsPerPush = 500

    /// Returns how many of its refs stand on the hub as they do in the folder.
    func content(
        of item: ImportFolder.Item,
        _ survey: Survey,
        into record: RepositoryRecord,
        by importer: Caller,
        logger: Logger
    ) async throws -> Int {
        try await setDefaultBranch(survey, of: record, onlyIfEmpty: true)
        try await ingestLargeFiles(of: item, into: record, by: importer)
        let updates = try await updates(to: survey.refs.taken, of: item, in: record, logger: logger)
        for start in stride(from: 0, to: updates.count, by: Self.refsPerPush) {
            let slice = Array(updates[start..<min(start + Self.refsPerPush, updates.count)])
            try await publish(slice, of: item, to: record, by: importer, logger: logger)
        }
        let (refs, standard) = try await git.read(record.rowID) { git in (try git.refs(), try git.defaultBranch) }
        guard !refs.isEmpty || updates.isEmpty else {
            throw HubError.invalid("none of its refs could be taken; the warnings before this say why")
        }
        switch survey.head {
        case .branch: try await setDefaultBranch(survey, of: record, onlyIfEmpty: false)
        case .detached(let commit):
            Self.tell("it is detached, at \(commit)", standard, logger)
        case .other(let name):
            Self.tell("it stands for \(name), which is no branch", standard, logger)
        }
        let targets = Dictionary(uniqueKeysWithValues: refs.map { ($0.name, $0.target) })
        return survey.refs.taken.count { targets[$0.name] == $0.target }
    }

    private static func tell(_ reason: String, _ standard: RefName, _ logger: Logger) {
        logger.warning(
            "HEAD was not imported", metadata: ["reason": "\(reason)", "default-branch": "\(standard)"])
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
        let outcome: PushOutcome
        do {
            outcome = try await pushes.publishEach(
                Push(to: record, by: importer, updates: updates, quarantine: quarantine, via: "import"))
        } catch HubError.missingContent(let digests) {
            let some = digests.prefix(3).map(\.hex).joined(separator: ", ") + (digests.count > 3 ? ", …" : "")
            throw HubError.invalid(
                "\(digests.count) of its large files are not in \(item.path)/lfs/objects (\(some)); "
                    + "`git -C \(item.path) lfs fetch --all` brings them")
        }
        for (ref, reason) in outcome.refused {
            logger.warning("A ref was not imported", metadata: ["ref": "\(ref)", "reason": "\(reason)"])
        }
    }

    private func setDefaultBranch(
        _ survey: Survey,
        of record: RepositoryRecord,
        onlyIfEmpty: Bool
    ) async throws {
        guard let branch = survey.head.branch(among: survey.refs.taken) else { return }
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
