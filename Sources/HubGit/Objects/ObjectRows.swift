import HubCore
import HubDatabase

/// The rows of `git_object`: every object of every repository, once.
///
/// The bytes of one that rests in chunks (``ChunkedRows``) are empty, which no zlib stream is.
///
/// Nothing here asks who may see an object; ``GitRepository`` answers that by only following its own refs.
struct ObjectRows {
    let connection: any SQLConnection

    /// How many ids one statement asks for; databases limit the number of `?`.
    private static let batch = 400

    func stored(_ id: ObjectID) throws -> StoredObject? {
        guard let row = try connection.queryOne("SELECT kind, size, data FROM git_object WHERE id = ?", [id]) else {
            return nil
        }
        return StoredObject(id: id, header: try Self.header(row, at: 0), deflated: try row.blob(2))
    }

    func header(_ id: ObjectID) throws -> ObjectHeader? {
        try connection.queryOne("SELECT kind, size FROM git_object WHERE id = ?", [id])
            .map { row in try Self.header(row, at: 0) }
    }

    /// The headers of those of `ids` that exist.
    func headers(_ ids: [ObjectID]) throws -> [ObjectID: ObjectHeader] {
        var found: [ObjectID: ObjectHeader] = [:]
        try forEachBatch(of: ids) { batch, marks in
            let sql = "SELECT id, kind, size FROM git_object WHERE id IN (\(marks))"
            try connection.forEachRow(of: sql, batch) { row in
                found[try row.objectID(0)] = try Self.header(row, at: 1)
                return true
            }
        }
        return found
    }

    /// Hands over those of `ids` that exist, in no particular order.
    func forEach(of ids: [ObjectID], _ body: (StoredObject) throws -> Void) throws {
        try forEachBatch(of: ids) { batch, marks in
            let sql = "SELECT id, kind, size, data FROM git_object WHERE id IN (\(marks))"
            try connection.forEachRow(of: sql, batch) { row in
                try body(
                    StoredObject(
                        id: try row.objectID(0), header: try Self.header(row, at: 1), deflated: try row.blob(3)))
                return true
            }
        }
    }

    /// The numbers of those of `ids` that exist, in no particular order.
    func numbers(of ids: [ObjectID]) throws -> [Int64] {
        var found: [Int64] = []
        found.reserveCapacity(ids.count)
        try forEachNumber(of: ids) { _, number in found.append(number) }
        return found
    }

    /// Hands over those of `ids` that exist with their numbers, in no particular order.
    func forEachNumber(of ids: [ObjectID], _ body: (ObjectID, Int64) throws -> Void) throws {
        try forEachBatch(of: ids) { batch, marks in
            let sql = "SELECT id, number FROM git_object WHERE id IN (\(marks))"
            try connection.forEachRow(of: sql, batch) { row in
                try body(row.objectID(0), row.int64(1))
                return true
            }
        }
    }

    /// Hands over objects as a pack can carry them, by the delta that makes the object if one is kept, else whole, until
    /// `body` returns false.
    ///
    /// - Parameter numbers: Ascending, at most ``packableLimit`` of them. They are handed over in this order; those that
    ///   do not exist are left out.
    func forEachPackable(_ numbers: ArraySlice<Int64>, _ body: (PackableObject) throws -> Bool) throws {
        guard let first = numbers.first, let last = numbers.last else { return }
        // What was pushed together is read together; else each row is looked up.
        let isDense = last - first < 2 * Int64(numbers.count)
        let marks = isDense ? "" : Array(repeating: "?", count: numbers.count).joined(separator: ", ")
        let sql = """
            SELECT git_object.number, git_object.id, git_object.kind, git_object.size,
                CASE WHEN git_delta.object IS NULL THEN git_object.data ELSE git_delta.data END,
                git_delta.base, git_delta.base_object, git_delta.size
            FROM git_object LEFT JOIN git_delta ON git_delta.object = git_object.number
            WHERE git_object.number \(isDense ? "BETWEEN ? AND ?" : "IN (\(marks))")
            ORDER BY git_object.number
            """
        var place = numbers.startIndex
        try connection.forEachRow(of: sql, isDense ? [first, last] : Array(numbers)) { row in
            let number = try row.int64(0)
            while place < numbers.endIndex, numbers[place] < number { place += 1 }
            guard place < numbers.endIndex, numbers[place] == number else { return true }
            let delta = try row.optional(5) { column throws(SQLError) in
                PackableObject.Delta(
                    base: try row.objectID(column), baseNumber: try row.int64(column + 1),
                    size: try row.int(column + 2))
            }
            return try body(
                PackableObject(
                    number: number, id: try row.objectID(1), header: try Self.header(row, at: 2),
                    deflated: try row.blob(4), delta: delta))
        }
    }

    /// How many numbers one statement takes.
    static let packableLimit = batch

    /// The zlib stream of an object that exists.
    func deflated(_ number: Int64) throws -> [UInt8] {
        let row = try connection.queryOne("SELECT data FROM git_object WHERE number = ?", [number])
        guard let row else { throw GitError(code: .notFound, message: "a git object is missing") }
        return try row.blob(0)
    }

    /// Keeps an object; the first of the same name stays.
    func insert(_ object: StoredObject) throws { _ = try insert([object]) }

    /// Keeps objects with one statement, and returns the numbers of those that nobody had before.
    func insert(_ objects: [StoredObject]) throws -> [ObjectID: Int64] {
        let marks = Array(repeating: "(?, ?, ?, ?)", count: objects.count).joined(separator: ", ")
        let sql = """
            INSERT INTO git_object (id, kind, size, data) VALUES \(marks) ON CONFLICT (id) DO NOTHING
            RETURNING id, number
            """
        let values = objects.flatMap { object in
            [object.id, object.header.kind.rawValue, object.header.size, object.deflated]
                as [any SQLValueConvertible]
        }
        var numbers: [ObjectID: Int64] = [:]
        try connection.forEachRow(of: sql, values) { row in
            numbers[try row.objectID(0)] = try row.int64(1)
            return true
        }
        if numbers.count < objects.count {
            try UnreachedRows(connection: connection).forget(objects.map(\.id).filter { numbers[$0] == nil })
        }
        return numbers
    }

    /// The ids between `low` and `high`, both included, at most `limit` of them.
    func ids(from low: ObjectID, through high: ObjectID, kind: ObjectKind? = nil, limit: Int) throws -> [ObjectID] {
        try connection.query(
            "SELECT id FROM git_object WHERE id >= ? AND id <= ? AND (? = 0 OR kind = ?) ORDER BY id LIMIT ?",
            [low, high, kind?.rawValue ?? 0, kind?.rawValue ?? 0, limit]
        ).map { row in try row.objectID(0) }
    }

    func forEachID(_ body: (ObjectID) throws -> Bool) throws {
        try connection.forEachRow(of: "SELECT id FROM git_object", []) { row in try body(row.objectID(0)) }
    }

    private func forEachBatch(of ids: [ObjectID], _ body: ([ObjectID], _ marks: String) throws -> Void) throws {
        for start in stride(from: 0, to: ids.count, by: Self.batch) {
            let batch = Array(ids[start..<min(start + Self.batch, ids.count)])
            try body(batch, Array(repeating: "?", count: batch.count).joined(separator: ", "))
        }
    }

    private static func header(_ row: SQLRow, at column: Int) throws -> ObjectHeader {
        guard let kind = ObjectKind(rawValue: try row.int(column)) else {
            throw SQLError.other("a git object of unknown kind rests in the database")
        }
        return ObjectHeader(kind: kind, size: try row.int(column + 1))
    }
}
