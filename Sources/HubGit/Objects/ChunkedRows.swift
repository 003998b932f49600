import HubCore
import HubDatabase

/// The rows of `git_chunked`: large files whose bytes rest in the chunk store, under the SHA-256 of what they hold.
///
/// Such an object has its row in `git_object` as any other, with the right kind and size and with no bytes.
struct ChunkedRows {
    let connection: any SQLConnection

    private static let batch = 400

    /// Those of `ids` that rest in chunks.
    func contents(of ids: [ObjectID]) throws -> [ObjectID: ContentDigest] {
        var found: [ObjectID: ContentDigest] = [:]
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let some = Array(ids[start..<min(start + Self.batch, ids.count)])
            let marks = Array(repeating: "?", count: some.count).joined(separator: ", ")
            let sql = "SELECT id, content FROM git_chunked WHERE id IN (\(marks))"
            try connection.forEachRow(of: sql, some) { row in
                found[try row.objectID(0)] = try row.contentDigest(1)
                return true
            }
        }
        return found
    }

    func insert(_ id: ObjectID, content: ContentDigest) throws {
        try connection.execute(
            "INSERT INTO git_chunked (id, content) VALUES (?, ?) ON CONFLICT (id) DO NOTHING", [id, content])
    }
}
