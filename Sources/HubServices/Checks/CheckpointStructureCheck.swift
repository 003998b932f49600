import HubCore
import HubTensors

/// Refuses checkpoints whose headers lie: about bounds, overlaps, shapes, shards.
///
/// All files that describe a model together are read when one of them has changed, because a shape can be right in
/// one and wrong in the other.
struct CheckpointStructureCheck: PushCheck {
    func findings(for revision: CheckedRevision) async throws -> [Finding] {
        let model = revision.entries.filter { !$0.isSymlink && StructureCheck.reads($0.path) }
        guard model.contains(where: { revision.changed.contains($0.path) }) else { return [] }
        var files: [String: any ByteReader] = [:]
        for entry in model { files[entry.path] = try await revision.open(entry) }
        return try await StructureCheck.findings(files: files)
    }
}
