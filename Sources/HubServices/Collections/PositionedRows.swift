import HubDatabase

/// Rows that stand in an order their owner chose: column `position`, from 0, within a group.
struct PositionedRows {
    let table: String

    /// The column that tells the group.
    let group: String
    let groupID: Int64

    /// Puts a row at a place among the others, which move up or down for it; past the end is the end.
    ///
    /// - Parameter seen: The rows that whoever chose the place sees, in their order: only those were counted.
    func move(_ row: Int64, to place: Int, among seen: [Int64], in connection: any SQLConnection) throws {
        var order = try rows(in: connection)
        guard let from = order.firstIndex(of: row) else { return }
        order.remove(at: from)
        let others = seen.filter { $0 != row }
        let next = others.dropFirst(max(place, 0)).first.flatMap { order.firstIndex(of: $0) }
        order.insert(row, at: next ?? order.count)
        try write(order, in: connection)
    }

    /// Closes the gaps that removed rows left.
    func close(in connection: any SQLConnection) throws { try write(rows(in: connection), in: connection) }

    private func rows(in connection: any SQLConnection) throws -> [Int64] {
        try connection.query("SELECT id FROM \(table) WHERE \(group) = ? ORDER BY position, id", [groupID])
            .map { row in try row.int64(0) }
    }

    private func write(_ order: [Int64], in connection: any SQLConnection) throws {
        for (place, row) in order.enumerated() {
            try connection.execute(
                "UPDATE \(table) SET position = ? WHERE id = ? AND position <> ?", [place, row, place])
        }
    }
}
