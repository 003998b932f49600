package import HubCore
package import HubDatabase

/// The objects of a push, held apart until the push is accepted.
///
/// They are in a temporary file, complete and hashed. Drop the value and they are gone.
package struct Quarantine: Sendable {
    let objects: QuarantinedObjects

    /// Length of the pack as it was sent.
    package let packBytes: Int

    /// What is odd about objects and no reason to refuse them, as sentences.
    package let remarks: [String]

    init(objects: QuarantinedObjects, packBytes: Int, remarks: [String] = []) {
        self.objects = objects
        self.packBytes = packBytes
        self.remarks = remarks
    }

    package func holds(_ id: ObjectID) throws -> Bool { try objects.holds(id) }

    package var objectCount: Int { objects.count }

    /// Opens `repository` as it would be with these objects; only ``publish(_:into:)`` makes it so.
    func open(_ connection: any SQLConnection, repository: Int64, _ caches: GitCaches) throws -> GitRepository {
        try GitRepository(
            connection, repository: repository, source: ObjectSource(connection: connection, quarantine: objects),
            caches: caches)
    }

    /// Inserts the objects that `content` found the pushed commits to be made of; what else the pack held is dropped.
    ///
    /// - Parameter chunked: Blobs whose bytes are in the chunk store, and under which SHA-256; the database keeps no others.
    package func publish(
        _ content: NewContent, chunked: [ObjectID: ContentDigest] = [:], into connection: any SQLConnection
    ) throws {
        try ObjectPublication(of: objects, chunked: chunked, into: connection).publish(content.objects)
    }

    /// Hands over the bytes of a blob in pieces of at most a megabyte.
    package func forEachPiece(of id: ObjectID, _ body: ([UInt8]) async throws -> Void) async throws {
        try await objects.forEachPiece(of: id, body)
    }
}

extension GitStore {
    /// Runs `body` on repository `id` as it would be with the objects of a push.
    package func read<Result: Sendable>(
        _ id: Int64, with quarantine: Quarantine, _ body: @escaping @Sendable (borrowing GitRepository) throws -> Result
    ) async throws -> Result {
        try await database.read { connection in try body(quarantine.open(connection, repository: id, caches)) }
    }
}
