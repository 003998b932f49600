/// Where packed chunks rest: immutable bytes under names that are never used twice.
///
/// `checkBlobBackendConformance` in HubTestSupport is the full contract.
package protocol BlobBackend: Sendable {
    /// Makes the file at `path` the blob `name`, durably: when this returns, a crash does not lose it.
    ///
    /// The file is consumed, or left for the caller to remove when this throws. It must be on the backend's
    /// filesystem where it has one. Nothing is visible under `name` before all of it is.
    func store(fileAt path: String, as name: BlobName) async throws

    /// Reads exactly these bytes.
    ///
    /// Throws ``DamagedContent`` when the blob is absent or ends before them.
    func read(_ name: BlobName, _ range: Range<Int>) async throws -> [UInt8]

    /// The length in bytes, or nil when there is no such blob.
    func size(of name: BlobName) async throws -> Int?

    /// Removes a blob; removing what is not there is fine.
    func remove(_ name: BlobName) async throws

    /// All blobs with the time they were stored, in no particular order.
    func all() async throws -> [StoredBlob]
}

/// The name of a blob: letters, digits and `-`, at least three characters.
package struct BlobName: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    /// Nil for anything that could mean something to a file system.
    package init?(_ name: String) {
        let isSafe = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
        }
        guard isSafe, (3...200).contains(name.utf8.count) else { return nil }
        description = name
    }

    init(unchecked name: String) { description = name }
}

package struct StoredBlob: Hashable, Sendable {
    package let name: BlobName

    /// Unix seconds.
    package let stored: Int

    package init(name: BlobName, stored: Int) {
        self.name = name
        self.stored = stored
    }
}
