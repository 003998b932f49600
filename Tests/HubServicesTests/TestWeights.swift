import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import HubTensors

/// A safetensors file of F32 vectors.
struct TestWeights {
    let bytes: [UInt8]
    let names: [String]

    /// Of the tensors alone.
    let byteCount: Int

    init(_ tensors: KeyValuePairs<String, [Float]>) {
        let header = SafetensorsHeader(
            metadata: [], layingOut: tensors.map { ($0.key, .float32, [$0.value.count], $0.value.count * 4) })
        names = tensors.map(\.key)
        byteCount = tensors.reduce(0) { $0 + $1.value.count * 4 }
        bytes =
            header.serialized
            + tensors.flatMap { $0.value }.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
            }
    }
}

extension TestHub {
    /// Publishes a checkpoint of shards with their index, in place of whatever `removing` names.
    @discardableResult
    func push(
        shards: [TestWeights],
        removing removed: [String] = [],
        to record: RepositoryRecord,
        onto parent: CommitID? = nil,
        branch: String = "main",
        by caller: Caller
    ) async throws -> CommitID {
        var changes = removed.map { FileChange.delete(path: $0) }
        var places: [String] = []
        for (number, shard) in shards.enumerated() {
            let path = "model-0000\(number + 1)-of-0000\(shards.count).safetensors"
            let pointer = try await upload(shard.bytes, to: record, by: caller)
            changes.append(.put(path: path, bytes: Array(pointer.text.utf8)))
            places += shard.names.map { "\"\($0)\":\"\(path)\"" }
        }
        let total = shards.reduce(0) { $0 + $1.byteCount }
        let index = #"{"metadata":{"total_size":\#(total)},"weight_map":{\#(places.joined(separator: ","))}}"#
        changes.append(.put(path: "model.safetensors.index.json", bytes: Array(index.utf8)))
        return try await push(changes, to: record, onto: parent, branch: branch, by: caller)
    }

    /// The paths of a published revision.
    func paths(at commit: CommitID, in record: RepositoryRecord) async throws -> [String] {
        try await hub.revisions.files(at: commit, in: record).map(\.path).sorted()
    }

    /// Publishes `model.safetensors`, sent as a large file, beside `files`.
    @discardableResult
    func push(
        _ weights: TestWeights,
        with files: [String: String] = [:],
        to record: RepositoryRecord,
        onto parent: CommitID? = nil,
        branch: String = "main",
        by caller: Caller
    ) async throws -> CommitID {
        let pointer = try await upload(weights.bytes, to: record, by: caller)
        return try await push(
            files.merging(["model.safetensors": pointer.text]) { one, _ in one }, to: record, onto: parent,
            branch: branch, by: caller)
    }

    /// The bytes of a file of a published revision.
    func bytes(of path: String, at commit: CommitID, in record: RepositoryRecord) async throws -> [UInt8] {
        let reader = try await hub.revisions.open(path, at: commit, in: record).reader
        return try await reader.read(0..<reader.count)
    }
}
