import HubCore
import HubTensors

extension LocalRevision {
    /// The checkpoints of this revision, by their names.
    func groups(_ fetch: Fetcher) async throws -> [CheckpointGroup] {
        let indexes = weightPaths.filter(CheckpointGroup.isIndex)
        let missing = try missing(indexes)
        if !missing.isEmpty { try await fetch(missing, commit) }
        var files: [String: any ByteReader] = try open(indexes)
        // Only the names of the other files matter for the grouping.
        for path in weightPaths where files[path] == nil { files[path] = BufferReader([]) }
        return try await Checkpoint.groups(in: files)
    }

    /// Sees that the content of one checkpoint is on this machine.
    func bring(_ group: CheckpointGroup?, _ fetch: Fetcher) async throws {
        let missing = try missing(group?.paths ?? [])
        if !missing.isEmpty { try await fetch(missing, commit) }
    }

    /// Opens one checkpoint whose content is on this machine.
    func checkpoint(_ group: CheckpointGroup?) async throws -> Checkpoint? {
        guard let group else { return nil }
        return try await Checkpoint.open(group, of: try open(group.paths))
    }
}

extension CheckpointGroup {
    /// The files of the group, its index included.
    var paths: Set<String> { Set(shardPaths + (indexPath.map { [$0] } ?? [])) }
}
