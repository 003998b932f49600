package import HubAPI
package import HubCore
import HubGit
import HubTensors

/// What changed between two revisions of a working copy, as the hub would tell it.
package enum LocalComparison {
    /// Compares file by file and, where weights changed, tensor by tensor; downloads with `fetch` what it has to read.
    package static func compare(
        _ old: LocalRevision, _ new: LocalRevision, fetch: @Sendable (Set<LFSPointer>, CommitID) async throws -> Void
    ) async throws -> CompareBody {
        let changed = old.changes(to: new)
        let files = changed.sorted().map { path in
            CompareBody.File(
                path: path, change: old.files[path] == nil ? "added" : new.files[path] == nil ? "removed" : "changed",
                oldSize: old.files[path]?.size, newSize: new.files[path]?.size)
        }
        return CompareBody(
            base: old.commit.hex, head: new.commit.hex, files: files,
            tensors: try await tensors(old, new, touching: changed, fetch))
    }

    private static func tensors(
        _ old: LocalRevision, _ new: LocalRevision, touching changed: Set<String>, _ fetch: LocalRevision.Fetcher
    ) async throws -> [TensorChangeBody] {
        guard changed.contains(where: { CheckpointGroup.isSafetensors($0) || CheckpointGroup.isIndex($0) }) else {
            return []
        }
        let before = try await Dictionary(old.groups(fetch).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let after = try await Dictionary(new.groups(fetch).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        var changes: [TensorChangeBody] = []
        for name in Set(before.keys).union(after.keys).sorted() {
            let paths = (before[name]?.paths ?? []).union(after[name]?.paths ?? [])
            guard !paths.isDisjoint(with: changed) else { continue }
            try await old.bring(before[name], fetch)
            try await new.bring(after[name], fetch)
            changes += try await TensorDiff.compare(
                old: old.checkpoint(before[name]) ?? .empty, new: new.checkpoint(after[name]) ?? .empty
            ).map(TensorChangeBody.init)
        }
        return changes
    }
}

extension TensorChangeBody {
    fileprivate init(_ change: TensorChange) {
        self.init(
            file: change.path, tensor: change.name, change: change.kind.rawValue, dtype: change.dtype.rawValue,
            shape: change.shape, l2: change.difference?.l2, relativeL2: change.difference?.relativeL2,
            cosine: change.difference?.cosine, changedElements: change.difference?.changedElements)
    }
}
