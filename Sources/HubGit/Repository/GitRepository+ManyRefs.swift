package import HubCore
import HubDatabase

extension GitRepository {
    /// Reads at once what kinds of objects `ids` are, so that asking for one after the other costs nothing.
    package func lookAhead(_ ids: [ObjectID]) throws { try source.headers(ids) }

    /// Runs `body`, which moves many refs: names are compared in memory, and the refs count as changed once.
    ///
    /// - Parameter moves: How many it moves; few are moved one by one.
    package func moveMany(_ moves: Int, to targets: [ObjectID], _ body: () throws -> Void) throws {
        guard moves > Self.manyMoves else { return try body() }
        try source.headers(targets)
        memory.isMovingMany = true
        defer {
            memory.isMovingMany = false
            memory.names = nil
        }
        try body()
        memory.isMovingMany = false
        try noteChange()
    }

    private static var manyMoves: Int { 16 }

    /// The names of all refs, read once while many are moved.
    func namesInUse() throws -> RefNamesInUse {
        if let names = memory.names { return names }
        var names = RefNamesInUse()
        try connection.forEachRow(of: "SELECT name FROM git_ref WHERE repository_id = ?", [id]) { row in
            names.insert(try RefName(parsing: row.string(0)))
            return true
        }
        memory.names = names
        return names
    }
}
