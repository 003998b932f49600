import HubCore
import HubGit

/// What a push would change, read once, before anything is decided.
struct PushInspection: Sendable {
    /// A commit a ref would newly stand at.
    struct Revision: Sendable {
        let commit: CommitID

        /// Its root tree.
        let tree: ObjectID
        let subject: ReportStore.Subject
        let entries: [RevisionEntry]

        /// Paths that differ from what the ref stood at, or from the first parent if the ref is new.
        let changed: Set<String>

        /// The root tree of what it was compared with, if there was anything.
        let before: ObjectID?
    }

    /// The refs that may not move, each with why; if there are any, nothing else here is complete.
    private(set) var refusals: [RefName: HubError] = [:]

    /// The role the caller needs for each update.
    private(set) var roles: [RefName: Role] = [:]

    /// Pull requests whose commits change; their authors may do that, and who has the role write.
    private(set) var pullRequests: [Int] = []
    private(set) var revisions: [Revision] = []
    private var inspected: Set<CommitID> = []

    /// Those commits that no branch and no pull request moves to.
    private(set) var onlyTagged: Set<CommitID> = []

    /// Branches that leave some of their history behind.
    private(set) var rewritten: Set<RefName> = []

    /// What the new commits bring that the repository does not have yet.
    private(set) var content = NewContent()

    /// The paths that were looked at, and those of them that some new commit changes: see ``FileLock``.
    private(set) var guardedPaths: Set<String> = []
    private(set) var changedGuardedPaths: Set<String> = []

    /// Those of its files that are to be kept in chunks, if they came with the push.
    private(set) var chunked: Set<ObjectID> = []

    /// What is wrong with trees and files, before any content is opened.
    private(set) var findings: [Finding] = []

    /// The pointers among the new files.
    var pointers: [LFSPointer] { content.pointers.map(\.pointer) }

    /// What small files turned out to be: tags of one history share most of them.
    private var pointersSeen: [ObjectID: LFSPointer?] = [:]

    /// The first branch the push creates; the default branch of a repository that had no refs.
    private(set) var firstBranch: RefName?

    /// The role the caller needs for all updates together.
    var role: Role { roles.values.max() ?? .contribute }

    /// - Parameter guarded: Paths whose every change on the way counts, though a later commit takes it back.
    init(of push: Push, limits: HubLimits, guarding guarded: Set<String>, git: borrowing GitRepository) throws {
        let rules = RefRules(for: push, standard: try push.defaultBranch ?? git.defaultBranch, refs: try git.refs())
        try git.lookAhead(push.updates.compactMap(\.new))
        for update in push.updates {
            refusals[update.ref] = try rules.problem(of: update) ?? Self.problem(ofTarget: update, git: git)
            roles[update.ref] = rules.role(for: update)
        }
        guard refusals.isEmpty else { return }
        // Before commits are read: it proves that the push is complete, and that its ids are not another repository's.
        try collectNewObjects(of: push, limits: limits, git: git)
        guard !findings.contains(where: { $0.severity == .error }) else { return }
        guardedPaths = guarded
        changedGuardedPaths = try git.changes(of: guarded, by: content.commits)
        for update in push.updates { try inspect(update, of: push, rules, git: git) }
        guard rules.isEmpty else { return }
        let created = push.updates.first { $0.ref.isBranch && $0.new != nil }?.ref
        firstBranch = push.updates.contains { $0.ref == rules.standard } ? rules.standard : created
    }

    private static func problem(ofTarget update: Push.Update, git: borrowing GitRepository) throws -> HubError? {
        guard let new = update.new, let kind = try git.kindNamed(by: new), kind != .commit else { return nil }
        return .invalid("\(update.ref) would name a \(kind); the hub keeps branches and tags of commits only")
    }

    private mutating func inspect(
        _ update: Push.Update,
        of push: Push,
        _ rules: RefRules,
        git: borrowing GitRepository
    ) throws {
        guard let new = update.new else { return }
        let commit = try git.commitID(of: new)
        if let number = update.ref.pullRequestNumber, push.erasing.isEmpty { pullRequests.append(number) }
        if let old = update.old, update.ref.isBranch, try !git.isAncestor(old, of: commit) {
            rewritten.insert(update.ref)
            refusals[update.ref] = rules.problem(ofRewriting: update)
        }
        guard refusals.isEmpty else { return }
        let before = try update.old.map { try git.commitID(of: $0) }
        if !update.ref.isTag {
            onlyTagged.remove(commit)
        } else if !inspected.contains(commit) {
            onlyTagged.insert(commit)
        }
        // Many refs may stand at one commit.
        guard inspected.insert(commit).inserted || update.old != nil else { return }
        revisions.append(try revision(commit, comparedWith: before, git: git))
    }

    private mutating func revision(
        _ id: CommitID,
        comparedWith old: CommitID?,
        git: borrowing GitRepository
    ) throws -> Revision {
        let commit = try git.commit(id)
        let parent = try commit.parents.first.map { try git.commit($0) }
        let before = old ?? parent?.id
        let entries = try RevisionEntry.files(at: id, knowing: &pointersSeen, git: git)
        let changed = try git.diffTrees(before, id).map(\.path)
        return Revision(
            commit: id, tree: commit.tree, subject: .init(tree: commit.tree, parent: parent?.tree), entries: entries,
            changed: Set(changed), before: try before.map { try git.commit($0).tree })
    }

    private mutating func collectNewObjects(
        of push: Push,
        limits: HubLimits,
        git: borrowing GitRepository
    ) throws {
        let tips = push.updates.compactMap(\.new)
        guard !tips.isEmpty else { return }
        content = try git.newContent(in: tips)
        findings += content.problems
        if limits.largePlainFiles == .chunk {
            let large = content.files.filter { $0.size > limits.chunkedFileBytes }.map(\.id)
            chunked.formUnion(large)
        }
        // Nobody else's content can be counted on: what is in chunks for others is brought again.
        chunked.formUnion(try git.chunkedElsewhere(content.files.map(\.id)))
        guard limits.largePlainFiles == .refuse else { return }
        // Whoever takes over what others committed can hardly commit it again.
        let remedy =
            ["import", "mirror"].contains(push.door)
            ? "let the hub keep such files in chunks (plain-files.over-limit = chunk), or rewrite the history with "
                + "'git lfs migrate import' where it comes from"
            : "add it with hubctl, or track it with git-lfs ('git lfs track') and commit again"
        for blob in content.files where blob.size > limits.plainFileBytes {
            findings.append(
                Finding(
                    .error,
                    "is \(blob.size) bytes as a plain git file, over this hub's limit of \(limits.plainFileBytes); "
                        + remedy,
                    in: blob.path
                )
            )
        }
    }
}
