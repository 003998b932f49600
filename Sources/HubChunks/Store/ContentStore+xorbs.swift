import Foundation
package import HubCore
import HubDatabase

extension ContentStore {
    /// Takes a xorb a client sends, and returns whether it was new.
    ///
    /// Streams to a file beside the blobs and verifies chunk by chunk while it does. The uploader gets a lease on
    /// the xorb in either case: who sends the bytes has them.
    package func receiveXorb<Body: AsyncSequence>(
        _ hash: XetHash, body: Body, lease: Lease
    ) async throws -> Bool where Body.Element == [UInt8] {
        let file = try reportingFullDisk { try ScratchFile(in: scratch) }
        var reader = XorbReader()
        var received = 0
        for try await piece in body {
            received += piece.count
            guard received <= XorbLimits.serializedSize + Self.footerAllowance else {
                throw HubError.tooLarge("the xorb exceeds \(XorbLimits.serializedSize) bytes")
            }
            try reader.append(piece)
            try await file.write(piece)
        }
        let layout = try reader.finish()
        guard layout.hash == hash else {
            throw HubError.invalid("the xorb's bytes have the hash \(layout.hash), not \(hash)")
        }
        return try await keep(layout, in: file, lease: lease).isNew
    }

    /// A footer is 92 bytes and 40 a chunk, and not kept.
    private static let footerAllowance = 92 + 40 * XorbLimits.chunks

    /// Stores a verified xorb, unless the store has it, and holds it for the lease.
    func keep(_ layout: XorbLayout, in file: ScratchFile, lease: Lease) async throws -> (id: Int64, isNew: Bool) {
        if let id = try await leaseXorb(layout.hash, lease: lease) { return (id, false) }
        try await file.finish(size: layout.serializedSize)
        // A blob's name is used once: a sweep that removes an older blob of this xorb cannot hit this one.
        let blob = BlobName(unchecked: "\(layout.hash)-\(UUID().uuidString.lowercased())")
        try await backend.store(fileAt: file.path, as: blob)
        let now = options.now()
        let expiry = now + options.leaseDuration
        let kept = try await reportingFullDatabase {
            try await database.write { connection in
                let row = try connection.queryOne(
                    """
                    INSERT INTO chunk_xorb (hash, blob_name, serialized_size, entries, stored_at)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING RETURNING id
                    """, [layout.hash, blob.description, layout.serializedSize, layout.storedEntries, now])
                let id = try row?.int64(0) ?? Self.xorbID(of: layout.hash, in: connection)
                guard let id else { throw SQLError.other("xorb \(layout.hash) vanished") }
                if row != nil { try Self.insertPlaces(of: layout, xorb: id, in: connection) }
                try Self.leaseXorb(id, lease, sent: true, until: expiry, in: connection)
                return (id: id, isNew: row != nil)
            }
        }
        if !kept.isNew { try await backend.remove(blob) }
        return kept
    }

    /// Holds a xorb whose bytes the uploader has sent; nil if the store does not have it.
    private func leaseXorb(_ hash: XetHash, lease: Lease) async throws -> Int64? {
        let expiry = options.now() + options.leaseDuration
        return try await database.write { connection in
            guard let id = try Self.xorbID(of: hash, in: connection) else { return nil }
            try Self.leaseXorb(id, lease, sent: true, until: expiry, in: connection)
            return id
        }
    }

    static func leaseXorb(
        _ id: Int64, _ lease: Lease, sent: Bool, until expiry: Int, in connection: any SQLConnection
    ) throws {
        try connection.execute(
            """
            INSERT INTO chunk_xorb_lease (uploader, scope, xorb_id, sent, expires_at) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (uploader, scope, xorb_id) DO UPDATE SET
                sent = CASE WHEN excluded.sent > chunk_xorb_lease.sent THEN excluded.sent
                    ELSE chunk_xorb_lease.sent END,
                expires_at = excluded.expires_at
            """, [lease.uploader, lease.scope, id, sent, expiry])
    }

    static func xorbID(of hash: XetHash, in connection: any SQLConnection) throws -> Int64? {
        try connection.queryOne("SELECT id FROM chunk_xorb WHERE hash = ?", [hash])?.int64(0)
    }

    /// Makes the chunks findable, a hundred rows a statement.
    private static func insertPlaces(of layout: XorbLayout, xorb: Int64, in connection: any SQLConnection) throws {
        let rowsAtOnce = 100
        for start in stride(from: 0, to: layout.entries.count, by: rowsAtOnce) {
            let positions = start..<min(start + rowsAtOnce, layout.entries.count)
            let rows = Array(repeating: "(?, ?, ?)", count: positions.count).joined(separator: ", ")
            let values = positions.flatMap { position -> [any SQLValueConvertible] in
                [layout.entries[position].chunk.hash, xorb, position]
            }
            try connection.execute("INSERT INTO chunk_place (hash, xorb_id, position) VALUES \(rows)", values)
        }
    }

    /// The body of a xorb, which may be read at any place; nil if the store does not have it.
    ///
    /// Whoever asks must have been checked: a xorb is shared by repositories.
    package func openXorb(_ hash: XetHash) async throws -> VerifiedXorb? {
        try await XorbCache(database: database).xorb(hash).map { VerifiedXorb(xorb: $0, backend: backend) }
    }
}

/// Runs database work and turns a full disk into the error a client can act on.
func reportingFullDatabase<Result>(_ body: () async throws -> Result) async throws -> Result {
    do {
        return try await body()
    } catch SQLError.full {
        throw HubError.unavailable("the hub's disk is full; try again when there is room")
    }
}

/// A xorb's serialized bytes; every chunk a read touches is verified, since clients do not.
package struct VerifiedXorb: ByteReader {
    let xorb: StoredXorb
    let backend: any BlobBackend

    package var count: Int { xorb.layout.serializedSize }
    package var layout: XorbLayout { xorb.layout }

    package func read(_ range: Range<Int>) async throws -> [UInt8] {
        try checkBounds(range)
        guard !range.isEmpty else { return [] }
        let first = layout.entries.partitionIndex { $0.end > range.lowerBound }
        let last = layout.entries.partitionIndex { $0.end >= range.upperBound }
        let whole = layout.byteRange(of: first..<last + 1)
        let body = try await backend.read(xorb.blob, whole)
        _ = try layout.unpack(first..<last + 1, from: body)
        return whole == range
            ? body : Array(body[range.lowerBound - whole.lowerBound..<range.upperBound - whole.lowerBound])
    }
}

extension Array {
    /// The first index whose element satisfies a condition that, once true, stays true; `count` if none does.
    func partitionIndex(_ isPast: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isPast(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
