import HubCore
import HubDatabase

/// The rows of `git_unreached`: objects that no ref reached when a sweep looked, and when the first sweep saw it.
///
/// Whoever keeps an object that is there already takes its row away in the same transaction (``forget(_:)``), so that
/// an object with a row cannot have come back without a sweep having seen it.
struct UnreachedRows {
    let connection: any SQLConnection

    /// How many numbers one statement takes.
    static let batch = 400

    func forEach(_ body: (_ number: Int64, _ since: Int64) throws -> Bool) throws {
        try connection.forEachRow(of: "SELECT number, since FROM git_unreached", []) { row in
            try body(row.int64(0), row.int64(1))
        }
    }

    func insert(_ numbers: ArraySlice<Int64>, since: Int64) throws {
        let marks = Array(repeating: "(?, ?)", count: numbers.count).joined(separator: ", ")
        try connection.execute(
            "INSERT INTO git_unreached (number, since) VALUES \(marks) ON CONFLICT (number) DO NOTHING",
            numbers.flatMap { [$0, since] })
    }

    func remove(_ numbers: ArraySlice<Int64>) throws {
        try connection.execute("DELETE FROM git_unreached WHERE number IN (\(Self.marks(numbers)))", Array(numbers))
    }

    /// Somebody has use for these objects, which were there already.
    func forget(_ ids: [ObjectID]) throws {
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let some = Array(ids[start..<min(start + Self.batch, ids.count)])
            let marks = Array(repeating: "?", count: some.count).joined(separator: ", ")
            try connection.execute(
                """
                DELETE FROM git_unreached WHERE number IN (SELECT number FROM git_object WHERE id IN (\(marks)))
                """, some)
        }
    }

    /// Removes those of `numbers` that still have a row from `limit` or before: objects, their deltas and those that stand
    /// on them.
    ///
    /// - Returns: How many objects and bytes went.
    func sweep(_ numbers: ArraySlice<Int64>, until limit: Int64) throws -> (objects: Int, bytes: Int) {
        let rows = try connection.query(
            """
            SELECT git_object.number, LENGTH(git_object.data) FROM git_unreached
            JOIN git_object ON git_object.number = git_unreached.number
            WHERE git_unreached.number IN (\(Self.marks(numbers))) AND since <= ?
            """, Array(numbers) + [limit])
        let old = try rows.map { row in try row.int64(0) }[...]
        guard !old.isEmpty else { return (0, 0) }
        let marks = Self.marks(old)
        try connection.execute("DELETE FROM git_delta WHERE object IN (\(marks))", Array(old))
        try connection.execute("DELETE FROM git_delta WHERE base_object IN (\(marks))", Array(old))
        try connection.execute(
            "DELETE FROM git_chunked WHERE id IN (SELECT id FROM git_object WHERE number IN (\(marks)))", Array(old))
        try connection.execute("DELETE FROM git_object WHERE number IN (\(marks))", Array(old))
        try remove(old)
        return (old.count, try rows.reduce(0) { try $0 + $1.int(1) })
    }

    private static func marks(_ numbers: ArraySlice<Int64>) -> String {
        Array(repeating: "?", count: numbers.count).joined(separator: ", ")
    }
}
