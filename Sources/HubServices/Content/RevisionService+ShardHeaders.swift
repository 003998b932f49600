package import HubCore
import HubTensors

extension RevisionService {
    /// The headers of all shards that the index at `path` names, as they stand in the files of the default branch, and the
    /// index's own metadata.
    ///
    /// Throws ``HubError/entryNotFound(_:)`` if there is no such index, and ``HubError/unprocessable(_:)`` if it or a
    /// shard is malformed.
    package func shardHeaders(
        _ path: String,
        in record: RepositoryRecord
    ) async throws -> (headers: [(shard: String, json: [UInt8])], metadata: JSONValue?) {
        guard let commit = try await resolve(nil, in: record) else {
            throw HubError.entryNotFound("there is no file '\(path.prefix(300))' in \(record.id)")
        }
        let file = try await open(path, at: commit, in: record)
        guard file.reader.count <= Self.indexBytes else {
            throw HubError.unprocessable("'\(path.prefix(300))' is too large for an index of shards")
        }
        let index = try json(await file.reader.read(0..<file.reader.count), path)
        guard let map = index["weight_map"]?.object else {
            throw HubError.unprocessable("'\(path.prefix(300))' is no index of shards: it has no weight_map")
        }
        let shards = Set(map.values.compactMap(\.string)).sorted()
        guard shards.count <= Self.shardLimit else {
            throw HubError.unprocessable("'\(path.prefix(300))' names \(shards.count) shards, over \(Self.shardLimit)")
        }
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
        var headers: [(shard: String, json: [UInt8])] = []
        var bytes = 0
        for shard in shards {
            let json = try await header(of: folder + shard, at: commit, in: record, upTo: Self.headerBytes - bytes)
            bytes += json.count
            headers.append((shard, json))
        }
        return (headers, index["metadata"])
    }

    private static let indexBytes = 16 << 20
    private static let shardLimit = 2000

    /// Of all headers together.
    private static let headerBytes = 64 << 20

    private func header(
        of path: String,
        at commit: CommitID,
        in record: RepositoryRecord,
        upTo limit: Int
    ) async throws -> [UInt8] {
        let reader = try await open(path, at: commit, in: record).reader
        guard CheckpointGroup.isSafetensors(path), reader.count >= 8 else {
            throw HubError.unprocessable("'\(path.prefix(300))' is no safetensors file")
        }
        let length = try await reader.read(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(reader.count - 8) else {
            throw HubError.unprocessable("'\(path.prefix(300))' is no safetensors file: its header would not fit in it")
        }
        guard length <= UInt64(limit) else {
            throw HubError.tooLarge("the headers have more than \(Self.headerBytes) bytes; read them from the shards")
        }
        let json = try await reader.read(8..<8 + Int(length))
        // That it is sound JSON was seen to when it was pushed.
        guard json.first == UInt8(ascii: "{") else {
            throw HubError.unprocessable("'\(path.prefix(300))' is no safetensors file: its header is no object")
        }
        return json
    }

    private func json(_ bytes: [UInt8], _ path: String) throws -> JSONValue {
        do {
            return try JSONReader.parse(bytes)
        } catch {
            throw HubError.unprocessable("'\(path.prefix(300))' cannot be read: \(error)")
        }
    }
}
