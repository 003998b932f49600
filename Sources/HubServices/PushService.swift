import HubChunks
package import HubCore
import HubDatabase
import HubGit

/// Publishes changes to a repository.
///
/// Nothing else in the hub moves a ref.
package struct PushService: Sendable {
    let database: any SQLDatabase
    let git: GitStore
    let content: ContentStore
    let facts: FactsStore
    let checks: [any PushCheck]
    let limits: HubLimits
    let signal: JobSignal
    let now: Now

    /// So many repositories are looked at for content that the push names and did not bring.
    private static let scopeLimit = 1000

    /// Does what the push asks for, whole or not at all, and returns what the checks remarked.
    ///
    /// Throws ``HubError/refused(_:)`` when a check says no, ``HubError/missingContent(_:)`` when pointers name content
    /// that is not here, ``HubError/conflict(_:)`` when a ref has moved meanwhile, and ``HubError/forbidden(_:)`` when the
    /// caller's role does not reach.
    @discardableResult
    package func publish(_ push: Push) async throws -> [Finding] {
        let outcome = try await publishAll(push)
        if let reason = outcome.reason { throw reason }
        return outcome.findings
    }

    /// Does what the push asks for, whole or not at all, as ``publish(_:)`` does, but tells which refs must not move.
    ///
    /// The others are then refused for that.
    package func publishAll(_ push: Push) async throws -> PushOutcome {
        let inspection = try await inspect(push)
        var refused = inspection.refusals
        if refused.isEmpty { refused = try await requireRole(of: inspection, for: push) }
        if refused.isEmpty {
            do {
                return PushOutcome(
                    findings: try await publish(push, inspection), rewritten: inspection.rewritten)
            } catch let error as RefusedUpdate {
                refused = [error.ref: error.reason]
            }
        }
        let reason = push.updates.lazy.compactMap { refused[$0.ref] }.first
        let others = HubError.conflict("atomic push failed: another ref was refused")
        for update in push.updates where refused[update.ref] == nil { refused[update.ref] = others }
        return PushOutcome(refused: refused, reason: reason)
    }

    /// Judges every ref by itself and publishes those that may move in one transaction.
    ///
    /// What a push brings is judged as a whole: what ``publish(_:)`` throws about objects and files is thrown here too,
    /// and then nothing has moved.
    package func publishEach(_ push: Push) async throws -> PushOutcome {
        var push = push
        var outcome = PushOutcome()
        while !push.updates.isEmpty {
            let inspection = try await inspect(push)
            var refused = inspection.refusals
            if refused.isEmpty { refused = try await refusedRoles(of: inspection, for: push) }
            if refused.isEmpty {
                do {
                    outcome.findings = try await publish(push, inspection)
                    outcome.rewritten = inspection.rewritten
                    return outcome
                } catch let error as RefusedUpdate {
                    refused = [error.ref: error.reason]
                }
            }
            outcome.refused.merge(refused) { first, _ in first }
            push = push.without(Set(refused.keys))
        }
        return outcome
    }

    /// Whether the caller may take the default branch back.
    func mayRewind(_ record: RepositoryRecord, _ caller: Caller) async throws -> Bool {
        try await database.read { connection in try Access.mayRewind(record, caller, in: connection) }
    }

    private func publish(_ push: Push, _ inspection: PushInspection) async throws -> [Finding] {
        try await requireContent(of: inspection, for: push)
        let plain = PlainFileContent(git: git, content: content)
        let isRefused = inspection.findings.contains { $0.severity == .error }
        let chunked = try await plain.ingest(isRefused ? [] : inspection.chunked, of: push)
        let findings = push.erasing.isEmpty ? try await findings(of: inspection, for: push, chunked) : []
        guard !findings.contains(where: { $0.severity == .error }) else { throw HubError.refused(findings) }
        let facts = try await facts.facts(of: inspection.revisions) { entry in
            try await open(entry, of: push, chunked)
        }
        try await commit(push, inspection, facts, chunked)
        git.growth.note(push.repository.rowID, objects: inspection.content.objects.count)
        signal.wake()
        return findings
    }

    // MARK: Looking at it

    private func inspect(_ push: Push) async throws -> PushInspection {
        let limits = limits
        let guarded = try await database.read { connection in
            Set(try FileLock.othersLocks(on: push, in: connection).map(\.path))
        }
        do {
            return try await read(push) { git in
                try PushInspection(of: push, limits: limits, guarding: guarded, git: git)
            }
        } catch let error as GitError where error.code == .notFound {
            throw HubError.invalid(error.message)
        }
    }

    /// Throws unless the caller's role reaches for all; returns those updates that are nobody's here to make.
    private func requireRole(
        of inspection: PushInspection, for push: Push
    ) async throws -> [RefName: HubError] {
        try await database.read { connection in
            _ = try Access.repository(push.repository.id, for: push.caller, as: inspection.role, in: connection)
            let refused = try MirrorRule.refusals(of: push, in: connection)
            guard refused.isEmpty else { return refused }
            for number in inspection.pullRequests {
                try PullRequestRule.requireParticipant(in: number, for: push, in: connection)
            }
            return [:]
        }
    }

    /// Those updates that need a role the caller does not have, or are nobody's here to make.
    private func refusedRoles(of inspection: PushInspection, for push: Push) async throws -> [RefName: HubError] {
        try await database.read { connection in
            var refused: [Role: HubError] = [:]
            for role in Set(inspection.roles.values) {
                do {
                    _ = try Access.repository(push.repository.id, for: push.caller, as: role, in: connection)
                } catch let error as HubError {
                    refused[role] = error
                }
            }
            let mirrored = try MirrorRule.refusals(of: push, in: connection)
            return inspection.roles.compactMapValues { refused[$0] }.merging(mirrored) { first, _ in first }
        }
    }

    /// Every pointer must name content linked to this repository, sent by this caller, or part of a repository the
    /// caller may read: whoever merges a fork need not send its weights again.
    private func requireContent(of inspection: PushInspection, for push: Push) async throws {
        let missing = try await missing(
            Array(Set(inspection.pointers.map(\.digest))), in: push.repository, for: push.caller, sources: push.sources)
        guard missing.isEmpty else { throw HubError.missingContent(missing) }
        for pointer in Set(inspection.pointers) {
            guard let stored = try await content.content(pointer.digest), stored.size == pointer.size else {
                throw HubError.invalid("the pointer to \(pointer.digest) lies about its size")
            }
        }
    }

    /// Those of `digests` that the caller has neither sent to the repository nor may read somewhere.
    func missing(
        _ digests: [ContentDigest],
        in record: RepositoryRecord,
        for caller: Caller,
        sources: [Int64]
    ) async throws -> [ContentDigest] {
        try await database.read { connection in
            var missing = try ContentStore.missing(
                digests, scope: record.rowID, uploader: caller.user?.id, in: connection)
            for source in sources where !missing.isEmpty {
                missing = try ContentStore.missing(missing, scope: source, uploader: nil, in: connection)
            }
            return try missing.filter { digest in
                try !ContentStore.scopes(linking: digest, limit: Self.scopeLimit, in: connection).contains { scope in
                    try Access.mayRead(scope, caller, in: connection)
                }
            }
        }
    }

    private func findings(
        of inspection: PushInspection,
        for push: Push,
        _ chunked: PlainFileContent.Digests
    ) async throws -> [Finding] {
        var findings = inspection.findings
        guard !findings.contains(where: { $0.severity == .error }) else { return findings }
        for revision in inspection.revisions {
            let checked = CheckedRevision(entries: revision.entries, changed: revision.changed) { entry in
                try await open(entry, of: push, chunked)
            }
            for check in checks { findings += try await check.findings(for: checked) }
        }
        return findings
    }

    private func open(
        _ entry: RevisionEntry,
        of push: Push,
        _ chunked: PlainFileContent.Digests
    ) async throws -> any ByteReader {
        if let digest = entry.pointer?.digest ?? chunked[entry.id] { return try await content.open(digest) }
        let place = try await read(push) { git in try git.blob(entry.id) }
        return try await PlainFileContent(git: git, content: content).open(place)
    }

    /// Opens the repository as it would be after the push.
    private func read<Result: Sendable>(
        _ push: Push,
        _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        guard let quarantine = push.quarantine else { return try await git.read(push.repository.rowID, body) }
        return try await git.read(push.repository.rowID, with: quarantine, body)
    }

    // MARK: Making it true

    private func commit(
        _ push: Push,
        _ inspection: PushInspection,
        _ facts: FactsStore.Found,
        _ chunked: PlainFileContent.Digests
    ) async throws {
        let instant = now.seconds
        do {
            try await database.write { connection in
                _ = try Access.repository(push.repository.id, for: push.caller, as: inspection.role, in: connection)
                try FileLock.requireNone(on: inspection, of: push, in: connection)
                if let (ref, reason) = try MirrorRule.refusals(of: push, in: connection).first {
                    throw RefusedUpdate(ref: ref, reason: reason)
                }
                try push.companion?(connection)
                for number in inspection.pullRequests {
                    try PullRequestRule.requireAuthor(of: number, for: push, in: connection)
                }
                try push.quarantine?.publish(inspection.content, chunked: chunked, into: connection)
                let git = try self.git.open(connection, push.repository.rowID)
                try PlainFileContent.link(inspection.content.files, to: push.repository.rowID, git: git, in: connection)
                if try git.isEmpty, let first = inspection.firstBranch { try git.setDefaultBranch(first) }
                if let branch = push.defaultBranch { try git.setDefaultBranch(branch) }
                try move(push.updates, in: git)
                try ContentStore.link(
                    inspection.pointers.map(\.digest), to: push.repository.rowID, in: connection)
                try rememberOrigins(of: inspection, push, at: instant, in: connection)
                try LargeFileService.erase(
                    push.erasing, from: push.repository, by: push.caller, at: instant, in: connection)
                try enqueueValidation(of: inspection, push, at: instant, in: connection)
                try connection.execute(
                    "UPDATE repository SET updated_at = ? WHERE id = ?", [instant, push.repository.rowID])
                try FactsStore.store(facts, in: connection)
                try Listing.refresh(push.repository.rowID, in: connection)
                if push.erasing.isEmpty {
                    try PullRequestRule.recordCommits(of: push, git: git, at: instant, in: connection)
                }
                try recordEvents(of: push, at: instant, in: connection)
            }
        } catch SQLError.full {
            throw HubError.unavailable("the hub's disk is full; nothing was published")
        }
    }

    /// Deletes first: what is created may stand where something was.
    private func move(_ updates: [Push.Update], in git: borrowing GitRepository) throws {
        try git.moveMany(updates.count, to: updates.compactMap(\.new)) {
            for update in updates.filter({ $0.new == nil }) + updates.filter({ $0.new != nil }) {
                do {
                    try git.move(update.ref, from: update.old, to: update.new)
                } catch let error as GitError where error.code == .modified || error.code == .exists {
                    throw RefusedUpdate(ref: update.ref, reason: .conflict(error.message))
                }
            }
        }
    }

    private func recordEvents(of push: Push, at instant: Int64, in connection: any SQLConnection) throws {
        let payloads = push.updates.map { update in
            var payload = [
                "ref": update.ref.name, "old": update.old?.hex ?? "", "new": update.new?.hex ?? "", "via": push.door,
            ]
            if !push.options.isEmpty { payload["options"] = push.options.joined(separator: "\n") }
            return payload
        }
        try Event.record(
            "ref-moved", on: push.repository.rowID, by: push.caller, payloads: payloads, at: instant, in: connection)
    }

    private func rememberOrigins(
        of inspection: PushInspection,
        _ push: Push,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        let ref = push.updates.first { $0.new != nil }?.ref.name ?? ""
        for found in inspection.content.pointers {
            try LargeFileRecord(path: found.path, ref: ref, pushedAt: instant)
                .insert(found.pointer.digest, in: push.repository.rowID, connection)
        }
    }

    private func enqueueValidation(
        of inspection: PushInspection,
        _ push: Push,
        at instant: Int64,
        in connection: any SQLConnection
    ) throws {
        for (isTagged, urgency) in [(false, JobOrder.Urgency.head), (true, .tag)] {
            let revisions = inspection.revisions.filter { inspection.onlyTagged.contains($0.commit) == isTagged }
            try ReportStore.enqueue(
                revisions.map { (subject: $0.subject, commit: $0.commit) }, urgency,
                repository: push.repository.rowID, at: instant, in: connection)
        }
    }
}

/// What became of the refs of a push, each judged by itself.
package struct PushOutcome: Sendable {
    /// What the checks remarked.
    package fileprivate(set) var findings: [Finding] = []

    /// The refs that stayed where they were, each with why.
    package fileprivate(set) var refused: [RefName: HubError] = [:]

    /// Why nothing at all was published, if all was to be or nothing.
    fileprivate var reason: HubError?

    /// The branches that left some of their history behind.
    package fileprivate(set) var rewritten: Set<RefName> = []
}

/// One update that cannot be, found out in the transaction that was to make it.
private struct RefusedUpdate: Error {
    let ref: RefName
    let reason: HubError
}
