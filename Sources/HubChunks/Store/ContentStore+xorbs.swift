import Foundation
package import HubCore
import HubDatabase

extension ContentStore {
    /// Takes a xorb a client sends, and returns whether this uploader had not sent it before.
    ///
    /// Whether anybody else has sent it is not told. Streams to a file beside the blobs and verifies chunk by chunk
    /// while it does. The uploader gets a lease on the xorb in either case: who sends the bytes has them.
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
        let isRepeated = try await isLeased(xorb: hash, by: lease)
        _ = try await keep(layout, in: file, lease: lease, for: options.sentXorbLeaseDuration)
        return !isRepeated
    }

    /// A footer is 92 bytes and 40 a chunk, and not kept.
    private static let footerAllowance = 92 + 40 * XorbLimits.chunks

    /// Stores a verified xorb, unless the store has it, and holds it for the lease, so many seconds.
    func keep(_ layout: XorbLayout, in file: ScratchFile, lease: Lease, for duration: Int) async throws -> Int64 {
        let expiry = options.now() + duration
        if let id = try await leaseXorb(layout.hash, lease, until: expiry) { return id }
        try await file.finish(size: layout.serializedSize)
        // A blob's name is used once: a sweep that removes an older blob of this xorb cannot hit this one.
        let blob = BlobName(unchecked: "\(layout.hash)-\(UUID().uuidString.lowercased())")
        try await backend.store(fileAt: file.path, as: blob)
        let now = options.now()
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
        return kept.id
    }

    /// Holds a xorb whose bytes the uploader has sent; nil if the store does not have it.
    private func leaseXorb(_ hash: XetHash, _ lease: Lease, until expiry: Int) async throws -> Int64? {
        try await database.write { connection in
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
                expires_at = CASE WHEN excluded.expires_at > chunk_xorb_lease.expires_at THEN excluded.expires_at
                    ELSE chunk_xorb_lease.expires_at END
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

    /// A step of a read: few enough chunks to hold in memory (at most 2 MiB, and as much unpacked).
    private static let chunksAtOnce = 16

    package func read(_ range: Range<Int>) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        try await stream(range) { bytes += $0 }
        return bytes
    }

    /// Hands over the bytes of `range` in order, in pieces that end where chunks do, so that none is verified twice.
    package func stream(_ range: Range<Int>, _ body: ([UInt8]) async throws -> Void) async throws {
        try checkBounds(range)
        guard !range.isEmpty else { return }
        var first = layout.entries.partitionIndex { $0.end > range.lowerBound }
        let end = layout.entries.partitionIndex { $0.end >= range.upperBound } + 1
        while first < end {
            let chunks = first..<min(first + Self.chunksAtOnce, end)
            let bytes = layout.byteRange(of: chunks)
            let packed = try await backend.read(xorb.blob, bytes)
            _ = try layout.unpack(chunks, from: packed)
            let wanted = range.clamped(to: bytes)
            try await body(
                wanted == bytes
                    ? packed
                    : Array(packed[wanted.lowerBound - bytes.lowerBound..<wanted.upperBound - bytes.lowerBound]))
            first = chunks.upperBound
        }
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
