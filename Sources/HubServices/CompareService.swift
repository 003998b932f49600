package import HubCore
import HubGit
import HubTensors

/// What changed between two revisions, down to the tensors.
package struct CompareService: Sendable {
    let revisions: RevisionService
    let git: GitStore

    package struct Comparison: Sendable {
        package struct File: Sendable {
            package let path: String
            package let old: RevisionEntry?
            package let new: RevisionEntry?
        }

        package let base: CommitID
        package let head: CommitID
        package let files: [File]

        /// The tensors that differ, by checkpoint; checkpoints that cannot be read are only among `files`.
        package let tensors: [Tensor]

        /// How one tensor differs.
        package struct Tensor: Sendable {
            package let path: String
            package let name: String

            /// `added`, `removed`, `changed`, `reshaped` or `dtype-changed`.
            package let kind: String
            package let dtype: String
            package let shape: [Int]
            package let l2: Double?
            package let relativeL2: Double?
            package let cosine: Double?
            package let changedElements: Int?

            init(_ change: TensorChange) {
                path = change.path
                name = change.name
                kind = change.kind.rawValue
                dtype = change.dtype.rawValue
                shape = change.shape
                l2 = change.difference?.l2
                relativeL2 = change.difference?.relativeL2
                cosine = change.difference?.cosine
                changedElements = change.difference?.changedElements
            }
        }
    }

    /// What two revisions differ in, by file and by tensor.
    ///
    /// - Parameter budget: The most bytes of weights that are read for somebody who does not say who they are.
    package func compare(
        _ base: CommitID,
        _ head: CommitID,
        in record: RepositoryRecord,
        for caller: Caller,
        budget: Int = 512 << 20
    ) async throws -> Comparison {
        let files = try await git.read(record.rowID) { git in
            try git.diffTrees(base, head).map { change in
                Comparison.File(
                    path: change.path,
                    old: try change.old.map { try RevisionEntry($0, git: git) },
                    new: try change.new.map { try RevisionEntry($0, git: git) })
            }
        }
        let weights = files.filter { CheckpointGroup.isSafetensors($0.path) }
        let bytes = weights.reduce(0) { sum, file in
            [file.old?.size ?? 0, file.new?.size ?? 0].reduce(sum) { $0.addingReportingOverflow($1).partialValue }
        }
        guard caller.user != nil || (0...budget).contains(bytes) else {
            throw HubError.unauthorized(
                "this comparison reads \(bytes) bytes of weights, which the hub does only for who is logged in")
        }
        let changed = Set(files.map(\.path))
        return Comparison(
            base: base, head: head, files: files,
            tensors: try await tensorChanges(base, head, touching: changed, in: record).map(Comparison.Tensor.init))
    }

    /// The tensor changes of every checkpoint that has a changed file.
    ///
    /// - Parameter measures: Whether to say by how much; that reads the tensors that differ.
    func tensorChanges(
        _ base: CommitID,
        _ head: CommitID,
        touching changed: Set<String>,
        in record: RepositoryRecord,
        measuring measures: Bool = true
    ) async throws -> [TensorChange] {
        guard changed.contains(where: { CheckpointGroup.isSafetensors($0) || CheckpointGroup.isIndex($0) }) else {
            return []
        }
        let old = try await revisions.checkpoints(at: base, in: record)
        let new = try await revisions.checkpoints(at: head, in: record)
        var changes: [TensorChange] = []
        for name in Set(old.keys).union(new.keys).sorted() {
            let paths = (old[name]?.files.map(\.path) ?? []) + (new[name]?.files.map(\.path) ?? [])
            guard paths.contains(where: changed.contains) else { continue }
            changes += try await TensorDiff.compare(
                old: old[name] ?? .empty, new: new[name] ?? .empty, measuring: measures)
        }
        return changes
    }
}
