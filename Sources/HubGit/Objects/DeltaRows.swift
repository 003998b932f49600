import HubCore
import HubDatabase

/// The rows of `git_delta`: how objects that rest whole can be made out of others, as packs carry them.
///
/// They save work and bytes when a pack is made, and mean nothing otherwise.
struct DeltaRows {
    let connection: any SQLConnection

    /// How many deltas may follow each other; whoever reads the last one has to undo them all.
    static let depthLimit = 50

    /// What a delta stands on.
    struct Base {
        let number: Int64

        /// How many deltas lead to it.
        let depth: Int
    }

    /// Keeps the deltas of objects that have just been inserted.
    func insert(_ deltas: [(delta: StoredDelta, number: Int64, base: Base)]) throws {
        guard !deltas.isEmpty else { return }
        let marks = Array(repeating: "(?, ?, ?, ?, ?, ?)", count: deltas.count).joined(separator: ", ")
        try connection.execute(
            """
            INSERT INTO git_delta (object, base_object, base, depth, size, data) VALUES \(marks)
            ON CONFLICT (object) DO NOTHING
            """,
            deltas.flatMap { delta, number, base in
                [number, base.number, delta.base, base.depth + 1, delta.size, delta.deflated]
                    as [any SQLValueConvertible]
            })
    }

    private static let batch = 400

    /// Those of `ids` that exist.
    func bases(among ids: [ObjectID]) throws -> [ObjectID: Base] {
        var bases: [ObjectID: Base] = [:]
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let some = Array(ids[start..<min(start + Self.batch, ids.count)])
            let marks = Array(repeating: "?", count: some.count).joined(separator: ", ")
            let sql = """
                SELECT git_object.id, git_object.number, git_delta.depth
                FROM git_object LEFT JOIN git_delta ON git_delta.object = git_object.number
                WHERE git_object.id IN (\(marks))
                """
            try connection.forEachRow(of: sql, some) { row in
                bases[try row.objectID(0)] = Base(number: try row.int64(1), depth: row.isNull(2) ? 0 : try row.int(2))
                return true
            }
        }
        return bases
    }
}
