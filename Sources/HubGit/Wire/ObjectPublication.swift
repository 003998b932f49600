import HubCore
import HubDatabase

/// Moves objects out of a quarantine into the database, many with one statement.
struct ObjectPublication {
    private let objects: QuarantinedObjects
    private let chunked: [ObjectID: ContentDigest]
    private let rows: ObjectRows
    private let deltas: DeltaRows
    private let chunkedRows: ChunkedRows

    /// What one statement holds at most; either limit ends it.
    private static let rowLimit = 64
    private static let byteLimit = 1 << 20

    init(of objects: QuarantinedObjects, chunked: [ObjectID: ContentDigest], into connection: any SQLConnection) {
        self.objects = objects
        self.chunked = chunked
        chunkedRows = ChunkedRows(connection: connection)
        rows = ObjectRows(connection: connection)
        deltas = DeltaRows(connection: connection)
    }

    func publish(_ ids: [ObjectID]) throws {
        var batch: [StoredObject] = []
        var byteCount = 0
        for id in try basesFirst(ids) {
            guard let object = try stored(id) else {
                throw GitError(code: .generic, message: "the push lost an object")
            }
            batch.append(object)
            byteCount += object.deflated.count
            guard batch.count == Self.rowLimit || byteCount >= Self.byteLimit else { continue }
            try insert(batch)
            (batch, byteCount) = ([], 0)
        }
        if !batch.isEmpty { try insert(batch) }
    }

    /// What somebody has already keeps the delta it has, or has none: a chain that has begun never turns on itself.
    private func insert(_ batch: [StoredObject]) throws {
        let new = try rows.insert(batch)
        for object in batch where new[object.id] != nil {
            if let content = chunked[object.id] { try chunkedRows.insert(object.id, content: content) }
        }
        guard objects.hasDeltas else { return }
        let whole = batch.filter { new[$0.id] != nil && chunked[$0.id] == nil }
        try deltas.insert(whole.compactMap { try objects.delta(of: $0.id) }, new)
    }

    private func stored(_ id: ObjectID) throws -> StoredObject? {
        guard chunked[id] != nil else { return try objects.stored(id) }
        return try objects.header(id).map { StoredObject(id: id, header: $0, deflated: []) }
    }

    /// The same ids, those that deltas stand on before the deltas.
    private func basesFirst(_ ids: [ObjectID]) throws -> [ObjectID] {
        guard objects.hasDeltas else { return ids }
        var waiting = Set(ids)
        var ordered: [ObjectID] = []
        ordered.reserveCapacity(ids.count)
        for id in ids where waiting.remove(id) != nil {
            var chain = [id]
            var last = id
            while let base = try objects.deltaBase(of: last), waiting.remove(base) != nil {
                chain.append(base)
                last = base
            }
            ordered += chain.reversed()
        }
        return ordered
    }
}
