import HubCore
import HubDatabase

/// The rows of `git_unreached`: objects that no ref reached when a sweep looked, and when the first sweep saw it.
///
/// Whoever keeps an object that is there already takes its row away in the same transaction (``forget(_:)``). One that
/// came back while a sweep was writing may have a row all the same: that it is old enough is not all that a removal asks.
struct UnreachedRows {
    let connection: any SQLConnection

    /// How many numbers one statement takes.
    static let batch = 400

    var count: Int {
        get throws { try connection.queryOne("SELECT COUNT(*) FROM git_unreached")?.int(0) ?? 0 }
    }

    /// The numbers of rows that fit, at most `limit`.
    func numbers(limit: Int, where fits: (_ number: Int64, _ since: Int64) -> Bool) throws -> [Int64] {
        var found: [Int64] = []
        try connection.forEachRow(of: "SELECT number, since FROM git_unreached", []) { row in
            let number = try row.int64(0)
            if fits(number, try row.int64(1)) { found.append(number) }
            return found.count < limit
        }
        return found
    }

    /// The numbers of objects without a row that are not in `reached`, none above `newest`, at most `limit`.
    func unwritten(through newest: Int64, reached: NumberSet, limit: Int) throws -> [Int64] {
        var written = NumberSet()
        try connection.forEachRow(of: "SELECT number FROM git_unreached", []) { row in
            written.insert(try row.int64(0))
            return true
        }
        var found: [Int64] = []
        try connection.forEachRow(of: "SELECT number FROM git_object", []) { row in
            let number = try row.int64(0)
            if number <= newest, !reached.contains(number), !written.contains(number) { found.append(number) }
            return found.count < limit
        }
        return found
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

    /// What one call of ``sweep(_:until:)`` did.
    struct Removal {
        var objects = 0
        var bytes = 0

        /// The first number that was left for another transaction, as enough bytes had been removed; nil if there is none.
        var next: Int64?
    }

    /// How many bytes one transaction removes, but for the last object.
    private static let byteLimit = 16 << 20

    /// Removes those of `numbers` that still have a row from `deadline` or before: objects, their deltas and those that
    /// stand on them.
    ///
    /// - Parameter numbers: Ascending, at most ``batch``.
    func sweep(_ numbers: [Int64], until deadline: Int64) throws -> Removal {
        var removal = Removal()
        var old: [Int64] = []
        guard !numbers.isEmpty else { return removal }
        let rows = """
            SELECT git_object.number, LENGTH(git_object.data) FROM git_unreached
            JOIN git_object ON git_object.number = git_unreached.number
            WHERE git_unreached.number IN (\(Self.marks(numbers[...]))) AND since <= ? ORDER BY git_object.number
            """
        try connection.forEachRow(of: rows, numbers + [deadline]) { row in
            let number = try row.int64(0)
            guard removal.bytes < Self.byteLimit else {
                removal.next = number
                return false
            }
            old.append(number)
            removal.objects += 1
            removal.bytes += try row.int(1)
            return true
        }
        guard !old.isEmpty else { return removal }
        let marks = Self.marks(old[...])
        try connection.execute("DELETE FROM git_delta WHERE object IN (\(marks))", old)
        try connection.execute("DELETE FROM git_delta WHERE base_object IN (\(marks))", old)
        try connection.execute(
            "DELETE FROM git_chunked WHERE id IN (SELECT id FROM git_object WHERE number IN (\(marks)))", old)
        try connection.execute("DELETE FROM git_object WHERE number IN (\(marks))", old)
        try remove(old[...])
        return removal
    }

    private static func marks(_ numbers: ArraySlice<Int64>) -> String {
        Array(repeating: "?", count: numbers.count).joined(separator: ", ")
    }
}
