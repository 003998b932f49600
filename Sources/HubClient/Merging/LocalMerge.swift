import Foundation
package import HubAPI
package import HubCore
import HubGit
package import HubTensors

/// A merge in a working copy: text by git, weights tensor by tensor.
///
/// Nothing in the folder changes before ``begin(named:message:)``; the weights are computed into the store before that.
package struct LocalMerge: Sendable {
    /// The three commits; their histories are related, and neither side contains the other.
    package struct Sides: Sendable {
        package let base: CommitID
        package let ours: CommitID
        package let theirs: CommitID

        package init(base: CommitID, ours: CommitID, theirs: CommitID) {
            self.base = base
            self.ours = ours
            self.theirs = theirs
        }
    }

    /// A checkpoint both sides touched, and what becomes of it.
    private struct Item: Sendable {
        let name: String
        let paths: Set<String>
        let plan: MergePlan
    }

    /// What stands at a path after the merge, where it is not git's to decide.
    private enum Outcome: Sendable {
        case large(LFSPointer)
        case small([UInt8])
        case ours(RevisionFile)
        case gone
    }

    package let sides: Sides
    private let folder: String
    private let rules: MergeRules
    private let items: [Item]
    private let fileConflicts: [FileConflict]
    private let ours: LocalRevision

    /// Looks at the three revisions and decides about every tensor; downloads with `fetch` what it has to read.
    package init(_ sides: Sides, in folder: String, rules: MergeRules, fetch: LocalRevision.Fetcher) async throws {
        self.sides = sides
        self.folder = folder
        self.rules = rules
        let base = try LocalRevision(sides.base, in: folder)
        let ours = try LocalRevision(sides.ours, in: folder)
        let theirs = try LocalRevision(sides.theirs, in: folder)
        self.ours = ours
        let names = try await Self.contested(base, ours, theirs, fetch)
        var items: [Item] = []
        for (name, groups) in names {
            let plan = try await CheckpointMerge.plan(
                base: try await base.checkpoint(groups.base), ours: try await ours.checkpoint(groups.ours) ?? .empty,
                theirs: try await theirs.checkpoint(groups.theirs) ?? .empty, rules: rules)
            items.append(Item(name: name, paths: groups.paths, plan: plan))
        }
        self.items = items
        fileConflicts = try WorkingCopy(containing: folder).conflicts(merging: sides.theirs, into: sides.ours)
    }

    // MARK: What it comes to

    /// Whether nothing is left for a person to decide.
    package var isClean: Bool { result(.wouldMerge).conflicts.isEmpty }

    /// How the merge was made, for the commit's message; nil where no tensor was looked at.
    package var trailer: String? {
        items.allSatisfy(\.plan.decisions.isEmpty) ? nil : "Hub-Merge: strategy=\(rules)"
    }

    /// The merge as the hub would tell it; the outcome becomes `conflicts` if there are any.
    package func result(_ outcome: MergeResultBody.Outcome, commit: CommitID? = nil) -> MergeResultBody {
        let conflicts = tensorConflicts + openFileConflicts.map { MergeConflictBody(path: $0.path, reason: $0.reason) }
        return MergeResultBody(
            outcome: conflicts.isEmpty ? outcome : .conflicts, commit: commit?.hex, base: sides.base.hex,
            ours: sides.ours.hex, theirs: sides.theirs.hex,
            tensors: items.flatMap { item in item.plan.decisions.map { TensorDecisionBody($0, of: item.name) } },
            conflicts: conflicts)
    }

    private var tensorConflicts: [MergeConflictBody] {
        items.flatMap { item in
            item.plan.conflicts.map {
                MergeConflictBody(path: item.name, tensor: $0.name, reason: $0.conflict ?? "both sides changed it")
            }
        }
    }

    /// Files outside the merged checkpoints that neither git nor the strategy settles.
    private var openFileConflicts: [FileConflict] {
        guard favour == nil else { return [] }
        return fileConflicts.filter { conflict in !items.contains { $0.paths.contains(conflict.path) } }
    }

    /// The side that wins everywhere, with the strategies `ours` and `theirs`.
    private var favour: HubGit.MergeSide? {
        guard case .method(let method) = rules.default, let side = method.side else { return nil }
        return side == .theirs ? .theirs : .ours
    }

    // MARK: Doing it

    /// Computes the merged weights, then begins the merge in the folder: what could be settled is staged.
    ///
    /// ``WorkingCopy/commit(_:author:)`` ends the merge once nothing is in conflict.
    package func begin(named name: String, message: String) async throws {
        let outcomes = try await outcomes()
        let copy = try WorkingCopy(containing: folder)
        let conflicts = try copy.startMerge(of: sides.theirs, named: name, message: message, favour: favour)
        if let favour {
            for conflict in conflicts where outcomes[conflict.path] == nil {
                try copy.settle(conflict, by: favour)
            }
        }
        try Self.place(outcomes, in: copy)
    }

    /// Settles checkpoints that are still in conflict in the merge under way.
    package func settle() async throws {
        let outcomes = try await outcomes()
        let copy = try WorkingCopy(containing: folder)
        let open = try copy.openConflicts()
        let named = Set(open.map(\.path))
        let wanted = items.filter { !$0.paths.isDisjoint(with: named) }.reduce(into: Set<String>()) {
            $0.formUnion($1.paths)
        }
        try Self.place(outcomes.filter { wanted.contains($0.key) }, in: copy)
        guard let favour else { return }
        for conflict in open where outcomes[conflict.path] == nil && !conflict.isText {
            try copy.settle(conflict, by: favour)
        }
    }

    /// Every file of the settled checkpoints; those that were computed rest in the store afterwards.
    private func outcomes() async throws -> [String: Outcome] {
        var outcomes: [String: Outcome] = [:]
        for item in items where item.plan.conflicts.isEmpty {
            for path in item.paths { outcomes[path] = .gone }
            for file in item.plan.files { outcomes[file.path] = try await outcome(of: file) }
        }
        return outcomes
    }

    private func outcome(of file: MergedFile) async throws -> Outcome {
        if file.isUnchanged, let same = ours.files[file.path] { return .ours(same) }
        guard CheckpointGroup.isSafetensors(file.path) else {
            var bytes: [UInt8] = []
            try await file.forEachPiece { bytes += $0 }
            return .small(bytes)
        }
        let temporary = try WorkingCopy(containing: folder).content.newTemporary()
        do {
            let target = try LocalFile.open(temporary, for: .writing)
            var size = 0
            try await file.forEachPiece { piece in
                try target.write(piece[...], at: size)
                size += piece.count
            }
            let pointer = try LFSPointer(hashingFileAt: temporary)
            try WorkingCopy(containing: folder).content.adopt(temporary, as: pointer)
            return .large(pointer)
        } catch {
            try? LocalFile.remove(temporary)
            throw error
        }
    }

    private static func place(_ outcomes: [String: Outcome], in copy: borrowing WorkingCopy) throws {
        for (path, outcome) in outcomes.sorted(by: { $0.key < $1.key }) {
            switch outcome {
            case .large(let pointer): try copy.stage(path, as: pointer)
            case .small(let bytes): try copy.stage(path, holding: bytes)
            case .ours(let file): try copy.stage(path, as: file)
            case .gone: try copy.stageRemoval(of: path)
            }
        }
    }

    // MARK: Reading the sides

    /// The groups of one checkpoint on the three sides.
    private struct Groups: Sendable {
        var base: CheckpointGroup?
        var ours: CheckpointGroup?
        var theirs: CheckpointGroup?

        var paths: Set<String> {
            [base, ours, theirs].compactMap { $0 }.reduce(into: Set()) { $0.formUnion($1.paths) }
        }
    }

    /// The checkpoints that both sides have and both touched; their content is on this machine afterwards.
    private static func contested(
        _ base: LocalRevision, _ ours: LocalRevision, _ theirs: LocalRevision, _ fetch: LocalRevision.Fetcher
    ) async throws -> [(String, Groups)] {
        let oursChanged = base.changes(to: ours)
        let theirsChanged = base.changes(to: theirs)
        let isWeights = { (path: String) in CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path) }
        guard oursChanged.contains(where: isWeights), theirsChanged.contains(where: isWeights) else { return [] }
        var all: [String: Groups] = [:]
        for group in try await base.groups(fetch) { all[group.name, default: Groups()].base = group }
        for group in try await ours.groups(fetch) { all[group.name, default: Groups()].ours = group }
        for group in try await theirs.groups(fetch) { all[group.name, default: Groups()].theirs = group }
        let contested = all.filter { _, groups in
            groups.ours != nil && groups.theirs != nil
                && !groups.paths.isDisjoint(with: oursChanged) && !groups.paths.isDisjoint(with: theirsChanged)
        }
        for (_, groups) in contested {
            try await base.bring(groups.base, fetch)
            try await ours.bring(groups.ours, fetch)
            try await theirs.bring(groups.theirs, fetch)
        }
        return contested.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}

extension FileConflict {
    /// One sentence: what each side did.
    fileprivate var reason: String {
        switch (ours, theirs) {
        case (nil, _): "we deleted it and they changed it"
        case (_, nil): "we changed it and they deleted it"
        default: isText ? "both sides changed the same lines" : "both sides changed it"
        }
    }
}

extension TensorDecisionBody {
    fileprivate init(_ decision: MergeDecision, of checkpoint: String) {
        self.init(
            file: checkpoint, tensor: decision.name, decision: decision.outcomeWord,
            cosine: decision.movement?.cosine, contestedMass: decision.movement?.contestedMass,
            overlap: decision.movement?.overlap)
    }
}
