import HubCore
import HubGit
import HubServices
import HubServicesTestSupport
import HubTensors

/// A safetensors file of F32 vectors.
struct TestWeights {
    let bytes: [UInt8]

    init(_ tensors: KeyValuePairs<String, [Float]>) {
        let header = SafetensorsHeader(
            metadata: [], layingOut: tensors.map { ($0.key, .float32, [$0.value.count], $0.value.count * 4) })
        bytes =
            header.serialized
            + tensors.flatMap { $0.value }.flatMap { value in
                (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> ($0 * 8)) }
            }
    }
}

extension TestHub {
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
