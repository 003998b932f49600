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
        // Where the deltas to come stand, as far as they are there already.
        let wanted = objects.hasDeltas ? try Set(ids.compactMap { try objects.deltaBase(of: $0) }) : []
        var bases = try deltas.bases(among: Array(wanted))
        var batch: [StoredObject] = []
        var byteCount = 0
        for id in try basesFirst(ids) {
            guard let object = try stored(id) else {
                throw GitError(code: .generic, message: "the push lost an object")
            }
            batch.append(object)
            byteCount += object.deflated.count
            guard batch.count == Self.rowLimit || byteCount >= Self.byteLimit else { continue }
            try insert(batch, &bases, wanted)
            (batch, byteCount) = ([], 0)
        }
        if !batch.isEmpty { try insert(batch, &bases, wanted) }
    }

    /// What somebody has already keeps the delta it has, or has none: a chain that has begun never turns on itself.
    private func insert(
        _ batch: [StoredObject], _ bases: inout [ObjectID: DeltaRows.Base], _ wanted: Set<ObjectID>
    ) throws {
        let new = try rows.insert(batch)
        var kept: [(delta: StoredDelta, number: Int64, base: DeltaRows.Base)] = []
        for object in batch {
            guard let number = new[object.id] else { continue }
            var depth = 0
            if let content = chunked[object.id] {
                try chunkedRows.insert(object.id, content: content)
            } else if let delta = try objects.delta(of: object.id), let base = bases[delta.base],
                base.depth < DeltaRows.depthLimit
            {
                kept.append((delta, number, base))
                depth = base.depth + 1
            }
            if wanted.contains(object.id) { bases[object.id] = DeltaRows.Base(number: number, depth: depth) }
        }
        try deltas.insert(kept)
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
