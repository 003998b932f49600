import HubCore
package import HubDatabase

// Xet clients remember for weeks which chunks the hub has, and refer to them without asking. They remember by the URL
// of the CAS, so a hub that takes chunks away gives that URL a new number.
extension ContentStore {
    /// The number of the times since which nothing that a client was told of has been taken away.
    package func epoch() async throws -> Int {
        try await database.read { connection in
            try connection.queryOne("SELECT number FROM chunk_epoch WHERE id = 1")?.int(0) ?? 1
        }
    }

    /// Makes clients forget; belongs into the transaction that takes away what they may refer to.
    package static func beginEpoch(in connection: any SQLConnection) throws {
        try connection.execute("UPDATE chunk_epoch SET number = number + 1 WHERE id = 1")
    }
}
