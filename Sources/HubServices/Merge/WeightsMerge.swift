import HubChunks
import HubCore
import HubGit
import HubTensors

/// The part of a merge that concerns weights: every checkpoint both sides have touched.
///
/// A checkpoint only one side touched is settled by git, by its pointers, and never opened.
struct WeightsMerge: Sendable {
    /// One checkpoint of the merge and what becomes of it.
    private struct Item: Sendable {
        let name: String

        /// All paths it has on any side.
        let paths: Set<String>
        let plan: MergePlan

        /// Paths of ours that are large files in git; a file keeps to the kind it was.
        let largePaths: Set<String>
    }

    private let items: [Item]
    private let rules: MergeRules

    init(_ sides: MergeService.Sides, rules: MergeRules, revisions: RevisionService, git: GitStore) async throws {
        self.rules = rules
        let (oursChanged, theirsChanged) = try await git.read(sides.target.rowID) { git in
            (
                Set(try git.diffTrees(sides.base, sides.ours).map(\.path)),
                Set(try git.diffTrees(sides.base, sides.theirs).map(\.path))
            )
        }
        let contested = oursChanged.contains(where: Self.isWeights) && theirsChanged.contains(where: Self.isWeights)
        guard contested else {
            items = []
            return
        }
        let base = try await sides.base.asyncMap { try await Self.groups(at: $0, in: sides.target, revisions) } ?? [:]
        let ours = try await Self.groups(at: sides.ours, in: sides.target, revisions)
        let theirs = try await Self.groups(at: sides.theirs, in: sides.source, revisions)
        var items: [Item] = []
        for name in Set(ours.keys).intersection(theirs.keys).sorted() {
            guard let mine = ours[name], let other = theirs[name] else { continue }
            let paths = [base[name], mine, other].reduce(into: Set<String>()) { $0.formUnion($1?.paths ?? []) }
            guard !paths.isDisjoint(with: oursChanged), !paths.isDisjoint(with: theirsChanged) else { continue }
            let plan = try await CheckpointMerge.plan(
                base: try await base[name]?.open(), ours: try await mine.open(), theirs: try await other.open(),
                rules: rules)
            items.append(Item(name: name, paths: paths, plan: plan, largePaths: mine.largePaths))
        }
        self.items = items
    }

    var decisions: [MergeOutcome.Decision] {
        items.flatMap { item in item.plan.decisions.map { .init($0, of: item.name) } }
    }

    /// Tensors someone must decide about.
    var conflicts: [MergeOutcome.Conflict] {
        items.flatMap { item in
            item.plan.conflicts.map { .init(path: item.name, tensor: $0.name, reason: $0.conflict ?? "") }
        }
    }

    /// How git's own conflicts are settled: files of merged checkpoints are written anew, and with `ours` or `theirs`
    /// as the strategy every other file goes the same way.
    func resolutions(of merge: TreeMerge) -> [String: MergeResolution] {
        var resolutions: [String: MergeResolution] = [:]
        for conflict in merge.conflicts {
            if items.contains(where: { $0.paths.contains(conflict.path) }) {
                resolutions[conflict.path] = .ours
            } else if case .method(let method) = rules.default, let side = method.side {
                resolutions[conflict.path] = side == .theirs ? .theirs : .ours
            }
        }
        return resolutions
    }

    /// Git's merge without a say in the files of merged checkpoints: of those stays what ours has, to be written anew.
    func takingOver(_ merge: TreeMerge) -> TreeMerge {
        var merge = merge
        merge.changes.removeAll { change in items.contains { $0.paths.contains(change.path) } }
        return merge
    }

    func openConflicts(
        of merge: TreeMerge,
        resolved: [String: MergeResolution]
    ) -> [MergeOutcome.Conflict] {
        merge.conflicts.filter { resolved[$0.path] == nil }.map { conflict in
            let deed =
                switch (conflict.ours, conflict.theirs) {
                case (nil, _): "we deleted it and they changed it"
                case (_, nil): "we changed it and they deleted it"
                default: conflict.isText ? "both sides changed the same lines" : "both sides changed it"
                }
            return .init(
                path: conflict.path, tensor: nil,
                reason: "\(deed); settle it in a working copy with 'hubctl merge', or choose -s ours or -s theirs")
        }
    }

    /// Computes and stores the merged files, and returns what the merge commit must put in place.
    func write(into content: ContentStore, lease: Lease) async throws -> [FileChange] {
        var changes: [FileChange] = []
        for item in items {
            for file in item.plan.files where !file.isUnchanged {
                changes.append(try await write(file, of: item, into: content, lease: lease))
            }
            changes += item.plan.removedPaths.map { .delete(path: $0) }
        }
        return changes
    }

    private func write(
        _ file: MergedFile,
        of item: Item,
        into content: ContentStore,
        lease: Lease
    ) async throws -> FileChange {
        let isLarge = item.largePaths.contains(file.path) || CheckpointGroup.isSafetensors(file.path)
        guard isLarge else {
            var bytes: [UInt8] = []
            try await file.forEachPiece { bytes += $0 }
            return .put(path: file.path, bytes: bytes)
        }
        let stored = try await content.ingest(lease: lease) { take in try await file.forEachPiece(take) }
        let pointer = LFSPointer(digest: stored.digest, size: stored.size)
        return .put(path: file.path, bytes: Array(pointer.text.utf8))
    }

    // MARK: Reading the sides

    /// The files of one checkpoint at one revision.
    private struct Group: Sendable {
        let group: CheckpointGroup
        let files: [String: any ByteReader]
        let largePaths: Set<String>

        var paths: Set<String> { Set(group.shardPaths + (group.indexPath.map { [$0] } ?? [])) }

        func open() async throws -> Checkpoint { try await Checkpoint.open(group, of: files) }
    }

    private static func groups(
        at commit: CommitID,
        in record: RepositoryRecord,
        _ revisions: RevisionService
    ) async throws -> [String: Group] {
        let entries = try await revisions.files(at: commit, in: record).filter(\.isPartOfCheckpoint)
        var files: [String: any ByteReader] = [:]
        for entry in entries { files[entry.path] = try await revisions.open(entry, in: record) }
        let large = Set(entries.filter { $0.pointer != nil }.map(\.path))
        var groups: [String: Group] = [:]
        for group in try await Checkpoint.groups(in: files) {
            groups[group.name] = Group(group: group, files: files, largePaths: large)
        }
        return groups
    }

    private static func isWeights(_ path: String) -> Bool {
        CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path)
    }
}

extension Optional {
    fileprivate func asyncMap<Result>(_ body: (Wrapped) async throws -> Result) async throws -> Result? {
        guard let wrapped = self else { return nil }
        return try await body(wrapped)
    }
}
