import Crypto

/// SHA-1 (FIPS 180-4) over a stream, for the checksum that ends a pack.
///
/// Never for the name of an object: those are hashed by libgit2, which notices collision attacks.
package struct SHA1: Sendable {
    private var hash = Insecure.SHA1()

    package static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var hash = SHA1()
        hash.update(bytes)
        return hash.finish()
    }

    mutating func update(_ bytes: [UInt8]) { hash.update(data: bytes) }

    /// The twenty bytes; the hash must not be used afterwards.
    mutating func finish() -> [UInt8] { Array(hash.finalize()) }
}
