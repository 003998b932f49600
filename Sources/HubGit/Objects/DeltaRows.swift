import HubCore
import HubDatabase

/// The rows of `git_delta`: how objects that rest whole can be made out of others, as packs carry them.
///
/// They save work and bytes when a pack is made, and mean nothing otherwise.
struct DeltaRows {
    let connection: any SQLConnection

    /// How many deltas may follow each other; whoever reads the last one has to undo them all.
    static let depthLimit = 50

    /// Keeps the deltas of objects that have just been inserted, with their bases, in this order.
    ///
    /// Deltas whose base is nobody's and those that stand on too many others are left out.
    func insert(_ deltas: [StoredDelta]) throws {
        guard !deltas.isEmpty else { return }
        var depths = try depths(of: Set(deltas.map(\.base)))
        var kept: [(delta: StoredDelta, depth: Int)] = []
        for delta in deltas {
            guard let base = depths[delta.base], base < Self.depthLimit else { continue }
            depths[delta.id] = base + 1
            kept.append((delta, base + 1))
        }
        guard !kept.isEmpty else { return }
        let marks = Array(repeating: "(?, ?, ?, ?, ?)", count: kept.count).joined(separator: ", ")
        try connection.execute(
            "INSERT INTO git_delta (id, base, depth, size, data) VALUES \(marks) ON CONFLICT (id) DO NOTHING",
            kept.flatMap { delta, depth in
                [delta.id, delta.base, depth, delta.size, delta.deflated] as [any SQLValueConvertible]
            })
    }

    /// How many deltas lead to each of those of `ids` that exist.
    private func depths(of ids: Set<ObjectID>) throws -> [ObjectID: Int] {
        let marks = Array(repeating: "?", count: ids.count).joined(separator: ", ")
        let sql = """
            SELECT git_object.id, git_delta.depth FROM git_object LEFT JOIN git_delta ON git_delta.id = git_object.id
            WHERE git_object.id IN (\(marks))
            """
        var depths: [ObjectID: Int] = [:]
        try connection.forEachRow(of: sql, Array(ids)) { row in
            depths[try row.objectID(0)] = row.isNull(1) ? 0 : try row.int(1)
            return true
        }
        return depths
    }
}
