import HubChunks
package import HubCore
import HubGit

/// Makes commits out of what clients describe over HTTP, and publishes them.
package struct CommitService: Sendable {
    let git: GitStore
    let content: ContentStore
    let pushes: PushService
    let pullRequests: PullRequestService
    let limits: HubLimits
    let scratch: String
    let now: Now

    /// What became of a commit.
    package struct Outcome: Sendable {
        /// The commit that now holds what was asked for.
        package let commit: CommitID

        /// Whether it was made just now; else it was there, and nothing was to be changed.
        package let isNew: Bool
    }

    /// How often a commit that names no parent is put on a branch that keeps moving.
    private static let attempts = 5

    /// How many commits a lost answer is looked for in.
    private static let retryDepth = 1000

    /// The words clients know a stale parent by.
    private static let outdated =
        "The branch was updated since you opened this page. Please refresh and try again."

    /// A commit to be filled.
    package func draft() throws -> CommitDraft {
        CommitDraft(objects: try ObjectDraft(scratch: scratch), limits: limits)
    }

    /// The ref that a commit to `revision` moves.
    ///
    /// A branch by its name or any ref in full. One that is not there is ``HubError/revisionNotFound(_:)``, but for the
    /// default branch of an empty repository.
    package func target(_ revision: String, in record: RepositoryRecord) async throws -> RefName {
        try await git.read(record.rowID) { git in
            let name = revision.hasPrefix("refs/") ? revision : "refs/heads/\(revision)"
            guard let ref = Self.ref(name), try git.ref(ref) != nil || (ref == git.defaultBranch && git.isEmpty)
            else { throw HubError.revisionNotFound("Invalid rev id: \(revision.prefix(200))") }
            return ref
        }
    }

    private static func ref(_ name: String) -> RefName? {
        do {
            return try RefName(parsing: name)
        } catch {
            return nil
        }
    }

    /// Publishes the draft as a commit on `ref`.
    ///
    /// Throws ``HubError/outdated(_:head:)`` when the draft names a parent the ref has left. A draft that was published
    /// before, by the same caller on the parent it names, is answered with the commit made then; one that changes
    /// nothing with the commit that is there.
    package func publish(
        _ draft: CommitDraft,
        to ref: RefName,
        of record: RepositoryRecord,
        by caller: Caller
    ) async throws -> Outcome {
        let author = try author(of: draft, in: record, caller)
        var draft = draft
        let changes = try await blobs(of: &draft, in: record, for: caller)
        for attempt in 1... {
            let head = try await head(of: ref, in: record)
            let parent = try await parent(of: draft, head: head, in: record)
            let made = try await write(changes, draft, onto: parent, author: author, in: record)
            if let there = try await existing(made, draft, onto: parent, head: head, by: author, in: record) {
                return Outcome(commit: there, isNew: false)
            }
            if let parent, parent != head { throw HubError.outdated(Self.outdated, head: head) }
            do {
                try await pushes.publish(
                    Push(
                        to: record, by: caller, updates: [.init(ref, from: head, to: made.id)],
                        quarantine: made.objects.quarantine, via: "api"))
                return Outcome(commit: made.id, isNew: true)
            } catch let error as HubError {
                guard case .conflict = error, try await self.head(of: ref, in: record) != head,
                    attempt < Self.attempts
                else { throw error }
            }
        }
        throw HubError.conflict("\(ref) keeps moving; try again")
    }

    /// Opens a pull request that proposes the draft to `base`, with the draft's message as title and first comment.
    ///
    /// Everyone may who can read the repository and is logged in. A proposal that is sent again within minutes, by the
    /// same caller with the same parent, files and message, is answered with the pull request that it opened.
    package func propose(
        _ draft: CommitDraft,
        to base: RefName,
        of record: RepositoryRecord,
        by caller: Caller
    ) async throws -> (commit: CommitID, pullRequest: Discussion) {
        let author = try author(of: draft, in: record, caller)
        var draft = draft
        let changes = try await blobs(of: &draft, in: record, for: caller)
        let head = try await head(of: base, in: record)
        guard base.isBranch, let head else {
            throw HubError.revisionNotFound("Invalid rev id: \(base)")
        }
        let parent = try await parent(of: draft, head: head, in: record) ?? head
        let made = try await write(changes, draft, onto: parent, author: author, in: record)
        var proposal = PullRequestService.Proposal(
            title: draft.titleOfProposal,
            description: draft.description.isEmpty ? "Opened with a commit." : draft.description, isDraft: false)
        proposal.base = base
        let changesNothing = try await existing(made, draft, onto: head, head: head, by: author, in: record) != nil
        if !changesNothing {
            proposal.head = made.id
            proposal.quarantine = made.objects.quarantine
        }
        let resent = ResentCommit(
            base: base, title: try DiscussionText.title(proposal.title), tree: made.tree, parent: parent,
            message: changesNothing ? nil : draft.message)
        proposal.resent = resent
        if let there = try await pullRequests.opened(resent, in: record, by: caller) { return there }
        guard parent == head else { throw HubError.outdated(Self.outdated, head: head) }
        let opened = try await pullRequests.open(proposal, in: record.id, by: caller)
        return (try await pullRequests.head(of: opened.ref, in: record) ?? proposal.head ?? head, opened)
    }

    private func author(
        of draft: CommitDraft,
        in record: RepositoryRecord,
        _ caller: Caller
    ) throws(HubError) -> Signature {
        guard let user = caller.user else { throw .unauthorized("log in to change \(record.id)") }
        guard !draft.summary.isEmpty else { throw .invalid("the commit's header has no 'summary'") }
        try CommitMessage.check(draft.message)
        return Signature(name: user.name, email: "\(user.name)@users.noreply.hub", seconds: now.seconds)
    }

    // MARK: What it is made of

    /// For each operation its path and the blob it puts in place.
    private func blobs(
        of draft: inout CommitDraft,
        in record: RepositoryRecord,
        for caller: Caller
    ) async throws -> [(path: String, blob: ObjectID?)] {
        let sizes = try await sizes(of: draft, in: record, for: caller)
        var changes: [(path: String, blob: ObjectID?)] = []
        for operation in draft.operations {
            switch operation {
            case .put(let path, let blob): changes.append((path, blob))
            case .delete(let path): changes.append((path, nil))
            case .putLarge(let path, let digest, _):
                let pointer = LFSPointer(digest: digest, size: sizes[digest] ?? 0)
                changes.append((path, try await draft.addPointer(pointer)))
            }
        }
        return changes
    }

    /// The lengths of the large files, all of which this caller must have sent or be able to read.
    private func sizes(
        of draft: CommitDraft,
        in record: RepositoryRecord,
        for caller: Caller
    ) async throws -> [ContentDigest: Int] {
        let files = draft.largeFiles
        let digests = Array(Set(files.map(\.digest)))
        let missing = Set(try await pushes.missing(digests, in: record, for: caller, sources: []))
        let stored = try await content.contents(digests.filter { !missing.contains($0) })
        for file in files {
            guard let known = stored[file.digest] else {
                throw HubError.invalid(
                    "the content of '\(file.path.prefix(200))' (SHA-256 \(file.digest)) has not been uploaded to "
                        + "\(record.id); upload it, then commit")
            }
            guard file.size == nil || file.size == known.size else {
                throw HubError.invalid(
                    "'\(file.path.prefix(200))' is said to have \(file.size ?? 0) bytes; its content has \(known.size)")
            }
        }
        return stored.mapValues(\.size)
    }

    private func write(
        _ changes: [(path: String, blob: ObjectID?)],
        _ draft: CommitDraft,
        onto parent: CommitID?,
        author: Signature,
        in record: RepositoryRecord
    ) async throws -> DraftedCommit {
        do {
            return try await git.draft(
                onto: parent, parents: parent.map { [$0] } ?? [], author: author, message: draft.message,
                in: record.rowID, with: draft.objects
            ) { git, base in try CommitChanges.list(changes, onto: base, git: git) }
        } catch let error as GitError where error.code == .invalidSpec {
            throw HubError.invalid(error.message)
        }
    }

    // MARK: Where it goes

    private func head(of ref: RefName, in record: RepositoryRecord) async throws -> CommitID? {
        try await git.read(record.rowID) { git in try git.ref(ref)?.commit }
    }

    /// The commit the draft builds on: the one it names, which the ref's history must hold, or the head.
    private func parent(
        of draft: CommitDraft,
        head: CommitID?,
        in record: RepositoryRecord
    ) async throws -> CommitID? {
        guard let name = draft.parent, !name.isEmpty else { return head }
        guard let head else {
            throw HubError.invalid("the commit names a parent, and \(record.id) has no commits yet")
        }
        if name == head.hex { return head }
        let found = try await git.read(record.rowID) { git -> CommitID? in
            guard name.utf8.allSatisfy({ $0 < 0x80 }), let commit = try git.resolve(name), commit.hex.hasPrefix(name),
                try git.isAncestor(commit, of: head)
            else { return nil }
            return commit
        }
        guard let found else { throw HubError.outdated(Self.outdated, head: head) }
        return found
    }

    /// The commit that already holds what `made` would: the head if nothing changes, or the same commit made before.
    private func existing(
        _ made: DraftedCommit,
        _ draft: CommitDraft,
        onto parent: CommitID?,
        head: CommitID?,
        by author: Signature,
        in record: RepositoryRecord
    ) async throws -> CommitID? {
        guard let head else { return nil }
        let (depth, message) = (Self.retryDepth, draft.message)
        return try await git.read(record.rowID) { git in
            if parent == head { return try git.commit(head).tree == made.tree ? head : nil }
            // The one on top of the parent, on the way there from the head.
            var next: CommitID? = head
            for _ in 0..<depth {
                guard let id = next else { return nil }
                let commit = try git.commit(id)
                next = commit.parents.first
                guard next == parent else { continue }
                let isSame = commit.tree == made.tree && commit.message == message && commit.author.name == author.name
                return isSame && commit.parents.count == 1 ? id : nil
            }
            return nil
        }
    }
}
