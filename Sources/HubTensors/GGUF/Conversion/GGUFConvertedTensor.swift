import HubCore

/// How the elements of a tensor must move on their way out of GGUF.
enum GGUFArrangement: Hashable, Sendable {
    case asStored

    /// Rows 2i and 2i + 1 of a head, the two features of a pair, become its rows i and i + headSize / 2.
    case rotaryPairs(headSize: Int)

    /// Rows become columns.
    case transposed
}

/// A tensor on its way from a GGUF file into a safetensors file.
struct GGUFConvertedTensor: Sendable {
    let name: String
    let source: GGUFTensor
    let arrangement: GGUFArrangement

    /// The type it is written in.
    let dtype: DType

    var shape: [Int] { arrangement == .transposed ? source.shape.reversed() : source.shape }

    var byteCount: Int { source.elementCount * elementSize }

    private var elementSize: Int { dtype.bitCount / 8 }

    /// The number of elements of a row as it is stored; vectors are columns.
    private var rowLength: Int { source.shape.count > 1 ? source.shape.last ?? 1 : 1 }

    private var rowCount: Int { rowLength == 0 ? 0 : source.elementCount / rowLength }

    /// About how many elements are held at once; more only where a single head or band has more.
    private static let pieceElementCount = 1 << 18

    /// The most elements of a tensor held while it is transposed.
    private static let bandElementCount = 1 << 22

    /// Hands over the bytes in the order they are written.
    func forEachPiece(from reader: any ByteReader, _ body: ([UInt8]) async throws -> Void) async throws {
        switch arrangement {
        case .asStored:
            try await forEachStoredPiece(from: reader, grain: source.type.blockSize) { _, bytes in
                try await body(bytes)
            }
        case .rotaryPairs(let headSize):
            try await forEachStoredPiece(from: reader, grain: headSize * rowLength) { _, bytes in
                try await body(separated(bytes, headSize: headSize))
            }
        case .transposed: try await forEachBand(from: reader, body)
        }
    }

    /// Hands over elements in their stored order, a multiple of `grain` at a time, with the first's place.
    private func forEachStoredPiece(
        from reader: any ByteReader,
        grain: Int,
        _ body: (_ place: Int, _ bytes: [UInt8]) async throws -> Void
    ) async throws {
        let step = max(1, Self.pieceElementCount / grain) * grain
        for place in stride(from: 0, to: source.elementCount, by: step) {
            let count = min(step, source.elementCount - place)
            let start = source.range.lowerBound + storedByteCount(place)
            let stored = try await reader.read(start..<start + storedByteCount(count))
            try await body(place, try converted(stored))
        }
    }

    private func storedByteCount(_ elements: Int) -> Int {
        elements / source.type.blockSize * source.type.blockByteCount
    }

    /// Stored elements in the written type.
    private func converted(_ stored: [UInt8]) throws(HubError) -> [UInt8] {
        guard source.type.plainDType != dtype else { return stored }
        let floats = try source.type.widen(stored)
        let byteCount = floats.count * elementSize
        return [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initialized in
            let bytes = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<byteCount])
            floats.withUnsafeBufferPointer { Float.narrow($0, to: dtype, into: bytes, .best) }
            initialized = byteCount
        }
    }

    /// Whole heads with the features of each pair half a head apart.
    private func separated(_ bytes: [UInt8], headSize: Int) -> [UInt8] {
        let rowSize = rowLength * elementSize
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for head in stride(from: 0, to: bytes.count, by: headSize * rowSize) {
            for half in 0..<2 {
                for pair in 0..<headSize / 2 {
                    let start = head + (2 * pair + half) * rowSize
                    result.append(contentsOf: bytes[start..<start + rowSize])
                }
            }
        }
        return result
    }

    /// Hands over the columns, in bands of as many as may be held at once.
    ///
    /// Every band reads the whole tensor again; in practice there are one to three.
    private func forEachBand(from reader: any ByteReader, _ body: ([UInt8]) async throws -> Void) async throws {
        let width = min(rowLength, max(1, Self.bandElementCount / max(1, rowCount)))
        for first in stride(from: 0, to: rowLength, by: width) {
            let columns = first..<min(first + width, rowLength)
            var band = [UInt8](repeating: 0, count: columns.count * rowCount * elementSize)
            try await forEachStoredPiece(from: reader, grain: rowLength) { place, bytes in
                transpose(bytes, fromRow: place / rowLength, columns, into: &band)
            }
            try await body(band)
        }
    }

    /// Copies `columns` of the rows in `bytes` to their places in a band of (columns, rows).
    private func transpose(_ bytes: [UInt8], fromRow firstRow: Int, _ columns: Range<Int>, into band: inout [UInt8]) {
        let size = elementSize
        for row in 0..<bytes.count / (rowLength * size) {
            for column in columns {
                let from = (row * rowLength + column) * size
                let to = ((column - columns.lowerBound) * rowCount + firstRow + row) * size
                for byte in 0..<size { band[to + byte] = bytes[from + byte] }
            }
        }
    }
}

extension GGUFType {
    /// The type of safetensors whose elements have the same bytes; nil for blocks.
    var plainDType: DType? {
        switch self {
        case .f32: .float32
        case .f16: .float16
        case .bf16: .bfloat16
        case .f64: .float64
        default: nil
        }
    }
}
