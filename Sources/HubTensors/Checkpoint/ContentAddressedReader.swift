package import HubCore

/// A reader that knows what its bytes are without reading them.
///
/// It lets diff and merge skip what did not change: a file made of chunks answers with the chunks of a range.
package protocol ContentAddressedReader: ByteReader {
    /// Equal answers mean equal bytes; different answers mean nothing, and nil that it is not known.
    func fingerprint(of range: Range<Int>) async throws -> [UInt8]?
}
