import HubCore
import HubTensors

extension RevisionService {
    /// The sound checkpoints of a revision, by the name of their group.
    ///
    /// One that cannot be read is left out: validation says what is wrong with it.
    func checkpoints(at commit: CommitID, in record: RepositoryRecord) async throws -> [String: Checkpoint] {
        let files = try await checkpointFiles(at: commit, in: record)
        var checkpoints: [String: Checkpoint] = [:]
        for group in try await Checkpoint.groups(in: files) {
            do {
                checkpoints[group.name] = try await Checkpoint.open(group, of: files)
            } catch HubError.refused {
                continue
            }
        }
        return checkpoints
    }

    /// Readers of the safetensors files and indexes of a revision, by path.
    func checkpointFiles(
        at commit: CommitID,
        in record: RepositoryRecord
    ) async throws -> [String: any ByteReader] {
        var files: [String: any ByteReader] = [:]
        for entry in try await self.files(at: commit, in: record) where entry.isPartOfCheckpoint {
            files[entry.path] = try await open(entry, in: record)
        }
        return files
    }
}

extension RevisionEntry {
    var isPartOfCheckpoint: Bool {
        !isSymlink && (CheckpointGroup.isSafetensors(path) || CheckpointGroup.isIndex(path))
    }
}
