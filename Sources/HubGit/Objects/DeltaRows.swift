import HubCore
import HubDatabase

/// The rows of `git_delta`: how objects that rest whole can be made out of others, as packs carry them.
///
/// They save work and bytes when a pack is made, and mean nothing otherwise.
struct DeltaRows {
    let connection: any SQLConnection

    /// How many deltas may follow each other; whoever reads the last one has to undo them all.
    static let depthLimit = 50

    /// Keeps the deltas of objects that have just been inserted under `numbers`, with their bases, in this order.
    ///
    /// Deltas whose base is nobody's and those that stand on too many others are left out.
    func insert(_ deltas: [StoredDelta], _ numbers: [ObjectID: Int64]) throws {
        guard !deltas.isEmpty else { return }
        var bases = try bases(among: Set(deltas.map(\.base)))
        var kept: [(delta: StoredDelta, number: Int64, base: Base)] = []
        for delta in deltas {
            guard let number = numbers[delta.id], let base = bases[delta.base], base.depth < Self.depthLimit else {
                continue
            }
            bases[delta.id] = Base(number: number, depth: base.depth + 1)
            kept.append((delta, number, base))
        }
        guard !kept.isEmpty else { return }
        let marks = Array(repeating: "(?, ?, ?, ?, ?, ?)", count: kept.count).joined(separator: ", ")
        try connection.execute(
            """
            INSERT INTO git_delta (object, base_object, base, depth, size, data) VALUES \(marks)
            ON CONFLICT (object) DO NOTHING
            """,
            kept.flatMap { delta, number, base in
                [number, base.number, delta.base, base.depth + 1, delta.size, delta.deflated]
                    as [any SQLValueConvertible]
            })
    }

    /// What a delta stands on.
    private struct Base {
        let number: Int64

        /// How many deltas lead to it.
        let depth: Int
    }

    /// Those of `ids` that exist.
    private func bases(among ids: Set<ObjectID>) throws -> [ObjectID: Base] {
        let marks = Array(repeating: "?", count: ids.count).joined(separator: ", ")
        let sql = """
            SELECT git_object.id, git_object.number, git_delta.depth
            FROM git_object LEFT JOIN git_delta ON git_delta.object = git_object.number
            WHERE git_object.id IN (\(marks))
            """
        var bases: [ObjectID: Base] = [:]
        try connection.forEachRow(of: sql, Array(ids)) { row in
            bases[try row.objectID(0)] = Base(number: try row.int64(1), depth: row.isNull(2) ? 0 : try row.int(2))
            return true
        }
        return bases
    }
}
