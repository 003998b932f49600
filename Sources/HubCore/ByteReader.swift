/// Bytes of known length that can be read at any place.
///
/// A file in the chunk store, a file on disk and a buffer are all `ByteReader`s, so tensors and
/// inference never learn where bytes rest.
package protocol ByteReader: Sendable {
    /// The length in bytes.
    var count: Int { get }

    /// Reads exactly the bytes of `range`, or throws; a range outside `0..<count` is
    /// ``HubError/rangeNotSatisfiable(size:)``.
    func read(_ range: Range<Int>) async throws -> [UInt8]
}

extension ByteReader {
    /// Reads the bytes of `range` piece by piece, in order, at most `pieceSize` bytes each.
    package func forEachPiece(
        of range: Range<Int>,
        pieceSize: Int = 1 << 20,
        _ body: (_ offset: Int, _ bytes: [UInt8]) async throws -> Void
    ) async throws {
        var offset = range.lowerBound
        while offset < range.upperBound {
            let end = min(offset + pieceSize, range.upperBound)
            try await body(offset, read(offset..<end))
            offset = end
        }
    }

    /// Throws unless `range` lies inside the bytes.
    package func checkBounds(_ range: Range<Int>) throws(HubError) {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw .rangeNotSatisfiable(size: count) }
    }
}

/// Bytes in memory.
package struct BufferReader: ByteReader {
    package let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package var count: Int { bytes.count }

    package func read(_ range: Range<Int>) throws -> [UInt8] {
        try checkBounds(range)
        return Array(bytes[range])
    }
}
