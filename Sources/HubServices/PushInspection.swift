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

    /// The role the caller needs for all updates together.
    private(set) var role = Role.contribute

    /// Pull requests whose commits change; their authors may do that, and who has the role write.
    private(set) var pullRequests: [Int] = []
    private(set) var revisions: [Revision] = []

    /// What the new commits bring that the repository does not have yet.
    private(set) var content = NewContent()

    /// What is wrong with trees and files, before any content is opened.
    private(set) var findings: [Finding] = []

    /// The pointers among the new files.
    var pointers: [LFSPointer] { content.pointers.map(\.pointer) }

    /// The first branch the push creates; the default branch of a repository that had no refs.
    private(set) var firstBranch: RefName?

    init(of push: Push, limits: HubLimits, git: borrowing GitRepository) throws {
        let standard = try git.defaultBranch
        let isEmpty = try git.isEmpty
        if push.updates.allSatisfy(\.ref.isPullRequest) { role = .read }
        // First of all: it proves that the push is complete, and that its ids are not another repository's.
        try collectNewObjects(of: push, limits: limits, git: git)
        guard !findings.contains(where: { $0.severity == .error }) else { return }
        for update in push.updates {
            if let number = update.ref.pullRequestNumber, push.erasing.isEmpty {
                try inspect(update, ofPullRequest: number, via: push.door, git: git)
            } else {
                try inspect(update, of: push, default: standard, git: git)
            }
            if isEmpty, firstBranch == nil, update.ref.isBranch, update.new != nil { firstBranch = update.ref }
        }
        if !push.erasing.isEmpty { role = .admin }
        if push.updates.contains(where: { $0.ref == standard }) { firstBranch = isEmpty ? standard : nil }
    }

    private mutating func inspect(
        _ update: Push.Update,
        of push: Push,
        default standard: RefName,
        git: borrowing GitRepository
    ) throws {
        guard !push.erasing.isEmpty || update.ref.isBranch || update.ref.isTag else {
            throw HubError.forbidden("\(update.ref) is not a branch or a tag; the hub keeps other refs itself")
        }
        if update.ref == standard || update.ref.isTag || update.new == nil { role = .write }
        guard let new = update.new else {
            guard update.ref != standard else {
                throw HubError.forbidden("Cannot delete \(update.ref): it is the default branch")
            }
            return
        }
        let commit = try git.commitID(of: new)
        if let old = update.old, update.ref.isBranch, try !git.isAncestor(old, of: commit) {
            guard update.ref != standard || push.rewritesHistory || !push.erasing.isEmpty else {
                throw HubError.forbidden(
                    "\(update.ref.short) is the default branch and only moves forward; "
                        + "pull and merge first, or push to another branch")
            }
        }
        revisions.append(try Self.revision(commit, comparedWith: update.old, git: git))
    }

    private mutating func inspect(
        _ update: Push.Update,
        ofPullRequest number: Int,
        via door: String,
        git: borrowing GitRepository
    ) throws {
        guard door == "api", let new = update.new else {
            throw HubError.forbidden(
                "\(update.ref) is the hub's own; push a branch and open a pull request from it, "
                    + "or commit to the pull request over the HTTP API")
        }
        pullRequests.append(number)
        revisions.append(try Self.revision(try git.commitID(of: new), comparedWith: update.old, git: git))
    }

    private static func revision(
        _ id: CommitID,
        comparedWith old: ObjectID?,
        git: borrowing GitRepository
    ) throws -> Revision {
        let commit = try git.commit(id)
        let parent = try commit.parents.first.map { try git.commit($0) }
        let before = try old.map { try git.commitID(of: $0) } ?? parent?.id
        let entries = try RevisionEntry.list(at: id, below: "", recursive: true, git: git).filter { !$0.isFolder }
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
        for blob in content.files where blob.size > limits.plainFileBytes {
            findings.append(
                Finding(
                    .error,
                    "is \(blob.size) bytes as a plain git file, over this hub's limit of \(limits.plainFileBytes); "
                        + "add it with hubctl, or track it with git-lfs ('git lfs track') and commit again",
                    in: blob.path
                )
            )
        }
    }
}
