package import HubCore

/// Where the bytes of a blob are.
package enum BlobPlace: Sendable, Equatable {
    case memory([UInt8])

    /// In the chunk store, under the SHA-256 of the bytes.
    case chunks(ContentDigest)
}

extension GitRepository {
    /// The bytes of a blob, or where they are if they are not the database's.
    package func blob(_ id: ObjectID) throws -> BlobPlace {
        if let content = try contents(of: [id])[id] { return .chunks(content) }
        return .memory(try readBlob(id, limit: Int.max))
    }

    /// Those of `ids` whose bytes rest in the chunk store; what is in quarantine does not yet.
    package func contents(of ids: [ObjectID]) throws -> [ObjectID: ContentDigest] {
        try ChunkedRows(connection: connection).contents(of: ids.filter { try !source.isQuarantined($0) })
    }

    /// Those of `ids` that are in quarantine here, and rest in the chunk store for someone else.
    package func chunkedElsewhere(_ ids: [ObjectID]) throws -> Set<ObjectID> {
        let rows = ChunkedRows(connection: connection)
        return Set(try rows.contents(of: ids.filter { try source.isQuarantined($0) }).keys)
    }
}
