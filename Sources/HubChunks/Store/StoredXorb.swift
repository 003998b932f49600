import HubCore
import HubDatabase
import Synchronization

/// A xorb as the store keeps it.
struct StoredXorb: Sendable {
    let id: Int64
    let blob: BlobName
    let layout: XorbLayout

    /// Reads the columns id, hash, blob_name, entries.
    init(_ row: SQLRow) throws {
        id = try row.int64(0)
        let hash = try row.xetHash(1)
        guard let blob = BlobName(try row.string(2)) else {
            throw DamagedContent("the record of xorb \(hash) is damaged")
        }
        self.blob = blob
        layout = try XorbLayout(hash: hash, storedEntries: try row.blob(3))
    }

    static let columns = "SELECT id, hash, blob_name, entries FROM chunk_xorb"
}

/// The last few xorb records used; a record is up to 320 KiB, so not all are kept.
final class XorbCache: Sendable {
    private struct Entries {
        var byID: [Int64: StoredXorb] = [:]
        var order: [Int64] = []
    }

    private let database: any SQLDatabase
    private let capacity: Int
    private let entries = Mutex(Entries())

    init(database: any SQLDatabase, capacity: Int = 16) {
        self.database = database
        self.capacity = capacity
    }

    /// The xorb, which a row names and so must exist.
    func xorb(_ id: Int64) async throws -> StoredXorb {
        if let known = entries.withLock({ $0.byID[id] }) { return known }
        let row = try await database.read { try $0.queryOne("\(StoredXorb.columns) WHERE id = ?", [id]) }
        guard let row else { throw DamagedContent("the record of xorb number \(id) is missing") }
        return remember(try StoredXorb(row))
    }

    /// The xorb with this hash, or nil.
    func xorb(_ hash: XetHash) async throws -> StoredXorb? {
        if let known = entries.withLock({ $0.byID.values.first { $0.layout.hash == hash } }) { return known }
        let row = try await database.read { try $0.queryOne("\(StoredXorb.columns) WHERE hash = ?", [hash]) }
        return try row.map { remember(try StoredXorb($0)) }
    }

    private func remember(_ xorb: StoredXorb) -> StoredXorb {
        entries.withLock { entries in
            guard entries.byID.updateValue(xorb, forKey: xorb.id) == nil else { return }
            entries.order.append(xorb.id)
            if entries.order.count > capacity { entries.byID[entries.order.removeFirst()] = nil }
        }
        return xorb
    }
}
