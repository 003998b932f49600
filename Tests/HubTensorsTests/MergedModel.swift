import HubCore
import HubTensors

/// A merge carried out: the plan, and the files it makes.
struct MergedModel {
    let plan: MergePlan
    let files: [String: [UInt8]]

    /// Merges, by the rules that `strategies` name as after `-s` and `-X`.
    init(
        base: Checkpoint?,
        ours: Checkpoint,
        theirs: Checkpoint,
        _ strategy: String = "conflict",
        overrides: [String] = [],
        followingRenames: Bool = false
    ) async throws {
        let rules = MergeRules(
            try MergeStrategy(parsing: strategy), overrides: try overrides.map { try MergeRules.override(parsing: $0) },
            followsRenames: followingRenames)
        plan = try await CheckpointMerge.plan(base: base, ours: ours, theirs: theirs, rules: rules)
        var files: [String: [UInt8]] = [:]
        for file in plan.files {
            var bytes: [UInt8] = []
            try await file.forEachPiece { bytes += $0 }
            files[file.path] = bytes
        }
        self.files = files
    }

    /// Merges single-file checkpoints made of these tensors.
    init(
        base: [TestTensor],
        ours: [TestTensor],
        theirs: [TestTensor],
        _ strategy: String = "conflict",
        overrides: [String] = [],
        followingRenames: Bool = false
    ) async throws {
        try await self.init(
            base: .holding(base), ours: .holding(ours), theirs: .holding(theirs), strategy, overrides: overrides,
            followingRenames: followingRenames)
    }

    /// What became of one tensor, as lists say it; `unchanged` if it is the same on all sides.
    func outcome(_ name: String) -> String {
        plan.decisions.first { $0.name == name }?.outcomeWord ?? "unchanged"
    }

    func situation(_ name: String) -> MergeSituation {
        plan.decisions.first { $0.name == name }?.situation ?? .unchanged
    }

    func conflict(_ name: String) -> String? { plan.decisions.first { $0.name == name }?.conflict }

    /// The merged checkpoint, read back from its files.
    var checkpoint: Checkpoint {
        get async throws { try await .open(files.mapValues { BufferReader($0) }) }
    }

    func bytes(_ name: String) async throws -> [UInt8]? { try await checkpoint.bytes(name) }
}
