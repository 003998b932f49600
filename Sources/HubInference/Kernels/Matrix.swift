import CHubKernels
import HubTensors

/// How a weight is stored; arithmetic is f32 on the exactly widened value.
package enum StoredType: Int32, Sendable {
    case float32 = 0
    case bfloat16 = 1
    case float16 = 2

    init?(_ type: DType) {
        switch type {
        case .float32: self = .float32
        case .bfloat16: self = .bfloat16
        case .float16: self = .float16
        default: return nil
        }
    }

    var byteCount: Int { self == .float32 ? 4 : 2 }
}

/// A (rows, columns) matrix of weights as they are stored, at any alignment.
package struct Matrix: Sendable {
    let storage: WeightStorage
    let offset: Int
    package let rows: Int
    package let columns: Int
    package let type: StoredType

    /// The caller promises that `storage` holds `rows * columns` elements from byte `offset` on.
    init(_ storage: WeightStorage, offset: Int, rows: Int, columns: Int, type: StoredType) {
        self.storage = storage
        self.offset = offset
        self.rows = rows
        self.columns = columns
        self.type = type
    }

    /// What the kernels take; valid while this value, or another over the same storage, lives.
    var stored: hub_inference_matrix {
        hub_inference_matrix(data: storage.start + offset, columns: columns, type: type.rawValue)
    }

    /// The rows of `range`, over the same bytes.
    func slice(_ range: Range<Int>) -> Matrix {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows)
        let offset = offset + range.lowerBound * columns * type.byteCount
        return Matrix(storage, offset: offset, rows: range.count, columns: columns, type: type)
    }

    /// A copy with rows and columns exchanged, elements as stored.
    func transposed() -> Matrix {
        let source = storage.start + offset
        let copy = WeightStorage(count: rows * columns * type.byteCount) { target in
            switch type {
            case .float32: transpose(source, target, rows: rows, columns: columns, as: UInt32.self)
            case .bfloat16, .float16: transpose(source, target, rows: rows, columns: columns, as: UInt16.self)
            }
        }
        return Matrix(copy, offset: 0, rows: columns, columns: rows, type: type)
    }

    /// All elements, row by row.
    func widened() -> [Float] {
        [Float](unsafeUninitializedCapacity: rows * columns) { buffer, initialized in
            guard let start = buffer.baseAddress else { return }
            hub_inference_widen(stored, 0, rows * columns, start)
            initialized = rows * columns
        }
    }
}

/// Copies in squares, so that neither side strides through more than a page at once.
private func transpose<Element: BitwiseCopyable>(
    _ source: UnsafeRawPointer,
    _ target: UnsafeMutableRawPointer,
    rows: Int,
    columns: Int,
    as type: Element.Type
) {
    let size = MemoryLayout<Element>.size
    for row in stride(from: 0, to: rows, by: 32) {
        for column in stride(from: 0, to: columns, by: 32) {
            for r in row..<min(rows, row + 32) {
                for c in column..<min(columns, column + 32) {
                    let value = source.loadUnaligned(fromByteOffset: (r * columns + c) * size, as: type)
                    target.storeBytes(of: value, toByteOffset: (c * rows + r) * size, as: type)
                }
            }
        }
    }
}
