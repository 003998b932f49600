package import HubCore
import Glibc

/// One tensor of a checkpoint: what it is, and where its bytes can be read.
package struct Tensor: Sendable {
    package let info: TensorInfo

    /// The path of its file.
    package let path: String
    package let reader: any ByteReader

    package init(info: TensorInfo, path: String, reader: any ByteReader) {
        self.info = info
        self.path = path
        self.reader = reader
    }

    package var name: String { info.name }

    /// Whether two tensors store the same bytes; their types are not compared.
    ///
    /// Reads no further than the first piece that differs, and nothing where the readers know the answer.
    package func hasSameBytes(as other: Tensor) async throws -> Bool {
        try await Tensor.sameBytes(reader, info.range, other.reader, other.info.range)
    }

    static func sameBytes(
        _ one: any ByteReader,
        _ range: Range<Int>,
        _ other: any ByteReader,
        _ otherRange: Range<Int>
    ) async throws -> Bool {
        guard range.count == otherRange.count else { return false }
        if let one = one as? any ContentAddressedReader, let other = other as? any ContentAddressedReader,
            let fingerprint = try await one.fingerprint(of: range),
            try await other.fingerprint(of: otherRange) == fingerprint
        {
            return true
        }
        var offset = 0
        while offset < range.count {
            let count = min(TensorStream.pieceByteCount, range.count - offset)
            let start = range.lowerBound + offset
            let otherStart = otherRange.lowerBound + offset
            let bytes = try await one.read(start..<start + count)
            let otherBytes = try await other.read(otherStart..<otherStart + count)
            guard memcmp(bytes, otherBytes, count) == 0 else { return false }
            offset += count
        }
        return true
    }
}
