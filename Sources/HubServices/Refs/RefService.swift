package import HubCore
import HubGit

/// Makes, deletes and squashes branches and tags without a push by git.
package struct RefService: Sendable {
    let git: GitStore
    let revisions: RevisionService
    let pushes: PushService
    let scratch: String
    let now: Now

    /// Makes a branch at a revision; nil is the default branch.
    package func createBranch(
        _ name: String,
        at start: String?,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws {
        guard let commit = try await revisions.resolve(start, in: record) else {
            throw HubError.revisionNotFound("\(record.id) has no commits yet, so a branch has nothing to start from")
        }
        try await create(try RefName(branch: name), at: commit, in: record, by: caller)
    }

    /// Tags a revision; with a message the tag is an object that keeps it.
    package func createTag(
        _ name: String,
        of revision: String,
        message: String?,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws {
        let commit = try await revisions.require(revision, in: record)
        let ref = try RefName(tag: name)
        guard let message, !message.isEmpty else { return try await create(ref, at: commit, in: record, by: caller) }
        try CommitMessage.check(message)
        let tag = try git.draft(
            tag: ref, of: commit, tagger: signature(of: caller), message: message,
            with: ObjectDraft(scratch: scratch))
        try await create(ref, at: tag.id, with: tag.objects.quarantine, in: record, by: caller)
    }

    private func create(
        _ ref: RefName,
        at target: ObjectID,
        with objects: Quarantine? = nil,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws {
        let isTaken: @Sendable (borrowing GitRepository) throws -> Bool = { git in try git.ref(ref) != nil }
        let taken = HubError.conflict("Reference \(ref) already exists")
        guard try await !git.read(record.rowID, isTaken) else { throw taken }
        do {
            try await pushes.publish(
                Push(
                    to: record, by: caller, updates: [.init(ref, from: nil, to: target)], quarantine: objects,
                    via: "api"))
        } catch HubError.conflict(let message) {
            throw try await git.read(record.rowID, isTaken) ? taken : HubError.conflict(message)
        }
    }

    /// Deletes a branch or a tag.
    package func delete(_ ref: RefName, in record: RepositoryRecord, by caller: Caller) async throws {
        let found = try await git.read(record.rowID) { git in try git.ref(ref) }
        guard let found else { throw HubError.revisionNotFound("Invalid rev id: \(ref)") }
        try await pushes.publish(
            Push(to: record, by: caller, updates: [.init(ref, from: found.target, to: nil)], via: "api"))
    }

    /// Replaces the history of a branch with one commit of the same files, and returns it.
    package func squash(
        _ ref: RefName,
        message: String,
        in record: RepositoryRecord,
        by caller: Caller
    ) async throws -> CommitID {
        try CommitMessage.check(message)
        let head = try await git.read(record.rowID) { git in try git.ref(ref) }
        guard let head else { throw HubError.revisionNotFound("Invalid rev id: \(ref)") }
        let made = try await git.draft(
            onto: head.commit, parents: [], author: signature(of: caller), message: message + "\n", in: record.rowID,
            with: ObjectDraft(scratch: scratch)
        ) { _, _ in [] }
        try await pushes.publish(
            Push(
                to: record, by: caller, updates: [.init(ref, from: head.target, to: made.id)],
                quarantine: made.objects.quarantine, rewritesHistory: true, via: "api"))
        return made.id
    }

    private func signature(of caller: Caller) -> Signature {
        let name = caller.user?.name ?? "hub"
        return Signature(name: name, email: "\(name)@users.noreply.hub", seconds: now.seconds)
    }
}
